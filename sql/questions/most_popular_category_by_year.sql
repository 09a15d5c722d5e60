-- sql/questions/most_popular_category_by_year.sql: which category is posted most, by year.
-- input    pin, geo
-- grain    post_year, category
-- output   post_year int, category string, category_count bigint
-- title    Most popular category of each year, 2018 to 2022
-- picture  bars of category_count by post_year, note category
-- order    3
-- units    post_year: UTC, 2018 to 2022; category_count: posts
-- audit unique(post_year, category)
-- audit range(post_year, 2018, 2022)
--
-- All categories that share the first place are kept. Posts of error users count.

with counted as (
    select
        year(geo.timestamp) as post_year,
        pin.category,
        count(*) as category_count
    from pin
    join geo on geo.ind = pin.ind
    where year(geo.timestamp) between 2018 and 2022 and pin.category is not null
    group by year(geo.timestamp), pin.category
),

ranked as (
    select
        *,
        rank() over (partition by post_year order by category_count desc) as place
    from counted
)

select
    post_year,
    category,
    category_count
from ranked
where place = 1
order by post_year, category
