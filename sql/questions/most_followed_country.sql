-- sql/questions/most_followed_country.sql: the country of the most followed user, one row.
-- input    pin, geo
-- grain    the whole
-- output   country string, follower_count int
-- title    Country of the most followed user
-- picture  figure of follower_count by country
-- order    5
-- units    follower_count: people, the highest count on any post in that country
-- audit row_count(0, 1)
-- audit relationships(country, geo.country)
--
-- Of several countries with the same highest count the first by name is the answer.

select
    geo.country,
    max(pin.follower_count) as follower_count
from pin
join geo on geo.ind = pin.ind
where geo.country is not null
    and pin.poster_name is not null
    and pin.follower_count is not null
group by geo.country
order by follower_count desc, country
limit 1
