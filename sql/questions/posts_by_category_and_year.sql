-- sql/questions/posts_by_category_and_year.sql: how many posts each category had, by year.
-- input    pin, geo
-- grain    post_year, category
-- output   post_year int, category string, category_count bigint
-- title    Posts in each category, 2018 to 2022
-- picture  heat of category_count by post_year and category
-- order    2
-- units    post_year: UTC, 2018 to 2022; category_count: posts
-- audit unique(post_year, category)
-- audit range(post_year, 2018, 2022)
-- audit range(category_count, 1, null)
--
-- Posts of error users count; a post without time or category does not.

select
    year(geo.timestamp) as post_year,
    pin.category,
    count(*) as category_count
from pin
join geo on geo.ind = pin.ind
where year(geo.timestamp) between 2018 and 2022 and pin.category is not null
group by year(geo.timestamp), pin.category
order by post_year, category
