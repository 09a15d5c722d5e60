-- sql/questions/median_followers_by_join_year_and_age_group.sql: the median user's followers,
-- by age and joining year.
-- input    pin, geo, user
-- grain    age_group, join_year
-- output   age_group string, join_year int, median_follower_count double
-- title    Median number of followers by year of joining and age group
-- picture  groups of median_follower_count by age_group and join_year
-- order    10
-- units    join_year: UTC, 2015 to 2020 (the course calls it post_year);
--          median_follower_count: people, exact, halfway between the two in the middle
-- audit unique(age_group, join_year)
-- audit accepted_values(age_group, '18-24', '25-35', '36-50', '+50')
-- audit range(join_year, 2015, 2020)
--
-- A user is (user_name, age, date_joined), null equal to null, and counts once: with the
-- count on the latest post that has one (by time, then by ind; a post without time is the
-- earliest). Whoever is under 18 or of unknown age is in no group.

with counted as (
    select
        user.age,
        user.date_joined,
        pin.follower_count,
        row_number() over (
            partition by user.user_name, user.age, user.date_joined
            order by geo.timestamp desc nulls last, pin.ind desc, pin.follower_count desc
        ) as recency
    from pin
    join geo on geo.ind = pin.ind
    join user on user.ind = pin.ind
    where pin.follower_count is not null
),

grouped as (
    select
        follower_count,
        year(date_joined) as join_year,
        case
            when age between 18 and 24 then '18-24'
            when age between 25 and 35 then '25-35'
            when age between 36 and 50 then '36-50'
            when age > 50 then '+50'
        end as age_group
    from counted
    where recency = 1
)

select
    age_group,
    join_year,
    median(follower_count) as median_follower_count
from grouped
where age_group is not null and join_year between 2015 and 2020
group by age_group, join_year
order by
    case age_group when '18-24' then 1 when '25-35' then 2 when '36-50' then 3 else 4 end,
    join_year
