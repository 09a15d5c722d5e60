-- sql/questions/most_followed_user_by_country.sql: who has most followers, by country.
-- input    pin, geo
-- grain    country, poster_name
-- output   country string, poster_name string, follower_count int
-- title    Most followed user in each country
-- picture  bars of follower_count by country, note poster_name, most 25
-- order    4
-- units    follower_count: people, the highest count on any post of that name in that country
-- audit unique(country, poster_name)
-- audit relationships(poster_name, pin.poster_name)
-- audit range(follower_count, 0, null)
--
-- All names that share the first place are kept. Error users have neither name nor count.

with followed as (
    select
        geo.country,
        pin.poster_name,
        max(pin.follower_count) as follower_count
    from pin
    join geo on geo.ind = pin.ind
    where geo.country is not null
        and pin.poster_name is not null
        and pin.follower_count is not null
    group by geo.country, pin.poster_name
),

ranked as (
    select
        *,
        rank() over (partition by country order by follower_count desc) as place
    from followed
)

select
    country,
    poster_name,
    follower_count
from ranked
where place = 1
order by country, poster_name
