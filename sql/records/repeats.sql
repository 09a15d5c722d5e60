-- sql/records/repeats.sql: the records whose key landed more than once, or was seen before.
-- input    {landed}: n (the order of landing), the columns as posted, landed_key, flaw
--          {seen}: ind of each row that the table has from earlier on
-- output   n, first_n (the first landing of the key), landed_key, the columns as posted
--
-- Only these are compared; all other records without a flaw are the only ones of their key.

with landing as (
    select
        landed_key,
        min(n) as first_n,
        count(*) as times
    from {landed} as landed
    where flaw is null
    group by landed_key
),

again as (
    select
        landing.landed_key,
        landing.first_n
    from landing
    left join {seen} as seen on seen.ind = landing.landed_key
    where landing.times > 1 or seen.ind is not null
)

select
    landed.n,
    again.first_n,
    landed.landed_key,
    {columns}
from {landed} as landed
join again on again.landed_key = landed.landed_key
where landed.flaw is null
