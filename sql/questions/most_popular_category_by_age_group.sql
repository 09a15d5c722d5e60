-- sql/questions/most_popular_category_by_age_group.sql: which category is posted most, by age.
-- input    pin, user
-- grain    age_group, category
-- output   age_group string, category string, category_count bigint
-- title    Most popular category in each age group
-- picture  bars of category_count by age_group, note category
-- order    6
-- units    category_count: posts
-- audit unique(age_group, category)
-- audit accepted_values(age_group, '18-24', '25-35', '36-50', '+50')
-- audit range(category_count, 1, null)
--
-- Whoever is under 18 or of unknown age is in no group. All categories that share the first
-- place are kept. Posts of error users count.

with grouped as (
    select
        pin.category,
        case
            when user.age between 18 and 24 then '18-24'
            when user.age between 25 and 35 then '25-35'
            when user.age between 36 and 50 then '36-50'
            when user.age > 50 then '+50'
        end as age_group
    from pin
    join user on user.ind = pin.ind
),

counted as (
    select
        age_group,
        category,
        count(*) as category_count
    from grouped
    where age_group is not null and category is not null
    group by age_group, category
),

ranked as (
    select
        *,
        rank() over (partition by age_group order by category_count desc) as place
    from counted
)

select
    age_group,
    category,
    category_count
from ranked
where place = 1
order by
    case age_group when '18-24' then 1 when '25-35' then 2 when '36-50' then 3 else 4 end,
    category
