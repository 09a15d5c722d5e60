-- sql/clean/geo.audit.sql: runs after every load of geo; the statements are as in pin.audit.sql.
-- input    geo, raw_geo

-- audit unique(ind)
-- audit not_null(ind)

-- promise string, witness string
select
    'country is empty' as promise,
    cast(ind as string) as witness
from geo
where country = ''
union all
select
    'coordinates are not two numbers',
    cast(ind as string)
from geo
where size(coordinates) <> 2
    or case
        when size(coordinates) = 2
            then element_at(coordinates, 1) is null or element_at(coordinates, 2) is null
    end;

-- warning string, value_count bigint
with given as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from ind) as ind_text,
        timestamp is not null as timestamp,
        latitude is not null or longitude is not null as coordinates,
        country is not null as country
    from raw_geo
),

cleaned as (
    select
        cast(ind as string) as ind_text,
        timestamp is null as timestamp,
        coordinates is null as coordinates,
        case
            when size(coordinates) = 2
                then element_at(coordinates, 1) not between -90 and 90
                or element_at(coordinates, 2) not between -180 and 180
        end as outside,
        country is null as country
    from geo
),

counted as (
    select
        count(case when given.timestamp and cleaned.timestamp then 1 end) as timestamp,
        count(case when given.coordinates and cleaned.coordinates then 1 end) as coordinates,
        count(case when cleaned.outside then 1 end) as outside,
        count(case when given.country and cleaned.country then 1 end) as country
    from given
    join cleaned on cleaned.ind_text = given.ind_text
),

listed as (
    select 'timestamp made null' as warning, timestamp as value_count from counted
    union all select 'coordinates made null', coordinates from counted
    union all select 'coordinates are off the globe', outside from counted
    union all select 'country made null', country from counted
)

select
    warning,
    value_count
from listed
where value_count > 0
order by warning;
