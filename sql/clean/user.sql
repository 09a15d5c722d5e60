-- sql/clean/user.sql: who made each post, typed; unusable values become null.
-- input    raw_user: ind string, first_name string, last_name string, age string,
--          date_joined string
-- grain    ind
-- output   ind int, user_name string, age int, date_joined timestamp
-- units    age: years; date_joined: UTC
--
-- user_name is first name, one space, last name; the one that is there when the other is
-- missing or blank; null when both are. Times are read as in geo.sql. The final select reads
-- columns as posted, as that of pin.sql does.

with trimmed as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from ind) as ind,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from first_name) as first_name,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from last_name) as last_name,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from age) as age,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from date_joined) as date_joined
    from raw_user
),

posted as (
    select
        ind,
        nullif(concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')), '') as user_name,
        nullif(age, '') as age,
        nullif(date_joined, '') as date_joined
    from trimmed
),

parsed as (
    select
        *,
        case
            when regexp_extract(ind, '^-?[0-9]+([.]0+)?', 0) = ind
                then regexp_extract(ind, '^-?[0-9]+', 0)
        end as ind_digits,
        case
            when regexp_extract(age, '^-?[0-9]+([.]0+)?', 0) = age
                then regexp_extract(age, '^-?[0-9]+', 0)
        end as age_digits,
        case
            when regexp_extract(
                date_joined,
                '^[12][0-9]{3}(-[01][0-9]-|:[01][0-9]:)[0-3][0-9][ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?',
                0
            ) = date_joined then substring(date_joined, 20)
        end as after_seconds
    from posted
),

zoned as (
    select
        *,
        regexp_extract(after_seconds, '^[.][0-9]{1,6}', 0) as fraction,
        regexp_extract(after_seconds, '[+-][0-9:]+', 0) as utc_offset
    from parsed
)

select
    try_cast(ind_digits as int) as ind,
    user_name,
    try_cast(age_digits as int) as age,
    try_cast(
        concat(
            substring(date_joined, 1, 4),
            '-',
            substring(date_joined, 6, 2),
            '-',
            substring(date_joined, 9, 2),
            ' ',
            substring(date_joined, 12, 8),
            fraction,
            case utc_offset when '' then '+00:00' else utc_offset end
        ) as timestamp
    ) as date_joined
from zoned
