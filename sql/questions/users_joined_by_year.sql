-- sql/questions/users_joined_by_year.sql: how many users joined, by year.
-- input    user
-- grain    join_year
-- output   join_year int, number_users_joined bigint
-- title    Users who joined in each year, 2015 to 2020
-- picture  bars of number_users_joined by join_year
-- order    8
-- units    join_year: UTC, 2015 to 2020 (the course calls it post_year);
--          number_users_joined: users, not posts
-- audit unique(join_year)
-- audit range(join_year, 2015, 2020)
-- audit range(number_users_joined, 1, null)
--
-- A user is (user_name, age, date_joined), null equal to null. Error users count.

with users as (
    select distinct
        user_name,
        age,
        date_joined
    from user
)

select
    year(date_joined) as join_year,
    count(*) as number_users_joined
from users
where year(date_joined) between 2015 and 2020
group by year(date_joined)
order by join_year
