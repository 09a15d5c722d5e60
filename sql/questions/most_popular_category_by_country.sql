-- sql/questions/most_popular_category_by_country.sql: which category is posted most, by country.
-- input    pin, geo
-- grain    country, category
-- output   country string, category string, category_count bigint
-- title    Most popular category in each country
-- picture  bars of category_count by country, note category, most 25
-- order    1
-- units    category_count: posts
-- audit unique(country, category)
-- audit not_null(country)
-- audit relationships(category, pin.category)
--
-- All categories that share the first place are kept. A post without country or category
-- belongs to none. Posts of error users count.

with counted as (
    select
        geo.country,
        pin.category,
        count(*) as category_count
    from pin
    join geo on geo.ind = pin.ind
    where geo.country is not null and pin.category is not null
    group by geo.country, pin.category
),

ranked as (
    select
        *,
        rank() over (partition by country order by category_count desc) as place
    from counted
)

select
    country,
    category,
    category_count
from ranked
where place = 1
order by country, category
