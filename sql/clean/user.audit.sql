-- sql/clean/user.audit.sql: runs after every load of user; the statements are as in pin.audit.sql.
-- input    user, raw_user

-- audit unique(ind)
-- audit not_null(ind)
-- audit warn range(age, 0, 130)

-- promise string, witness string
select
    'user_name is empty' as promise,
    cast(ind as string) as witness
from user
where user_name = '';

-- warning string, value_count bigint
with given as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from ind) as ind_text,
        first_name is not null or last_name is not null as user_name,
        age is not null as age,
        date_joined is not null as date_joined
    from raw_user
),

cleaned as (
    select
        cast(ind as string) as ind_text,
        user_name is null as user_name,
        age is null as age,
        date_joined is null as date_joined
    from user
),

counted as (
    select
        count(case when given.user_name and cleaned.user_name then 1 end) as user_name,
        count(case when given.age and cleaned.age then 1 end) as age,
        count(case when given.date_joined and cleaned.date_joined then 1 end) as date_joined
    from given
    join cleaned on cleaned.ind_text = given.ind_text
),

listed as (
    select 'user_name made null' as warning, user_name as value_count from counted
    union all select 'age made null', age from counted
    union all select 'date_joined made null', date_joined from counted
)

select
    warning,
    value_count
from listed
where value_count > 0
order by warning;
