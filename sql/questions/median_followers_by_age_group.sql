-- sql/questions/median_followers_by_age_group.sql: the median user's followers, by age.
-- input    pin, geo, user
-- grain    age_group
-- output   age_group string, median_follower_count double
-- title    Median number of followers in each age group
-- picture  bars of median_follower_count by age_group
-- order    7
-- units    median_follower_count: people, exact, halfway between the two in the middle
-- audit unique(age_group)
-- audit accepted_values(age_group, '18-24', '25-35', '36-50', '+50')
-- audit not_null(age_group)
-- audit range(median_follower_count, 0, null)
--
-- A user is (user_name, age, date_joined), null equal to null, and counts once: with the
-- count on the latest post that has one (by time, then by ind; a post without time is the
-- earliest). Whoever is under 18 or of unknown age is in no group.

with counted as (
    select
        user.age,
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
    median(follower_count) as median_follower_count
from grouped
where age_group is not null
group by age_group
order by case age_group when '18-24' then 1 when '25-35' then 2 when '36-50' then 3 else 4 end
