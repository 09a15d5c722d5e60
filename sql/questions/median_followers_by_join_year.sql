-- sql/questions/median_followers_by_join_year.sql: the median user's followers, by joining year.
-- input    pin, geo, user
-- grain    join_year
-- output   join_year int, median_follower_count double
-- title    Median number of followers by year of joining
-- picture  bars of median_follower_count by join_year
-- order    9
-- units    join_year: UTC, 2015 to 2020 (the course calls it post_year);
--          median_follower_count: people, exact, halfway between the two in the middle
-- audit unique(join_year)
-- audit range(join_year, 2015, 2020)
-- audit range(median_follower_count, 0, null)
--
-- A user is (user_name, age, date_joined), null equal to null, and counts once: with the
-- count on the latest post that has one (by time, then by ind; a post without time is the
-- earliest).

with counted as (
    select
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
)

select
    year(date_joined) as join_year,
    median(follower_count) as median_follower_count
from counted
where recency = 1 and year(date_joined) between 2015 and 2020
group by year(date_joined)
order by join_year
