-- sql/clean/geo.audit.sql: runs after every load of geo; the statements are as in pin.audit.sql.
-- input    geo

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

-- audit warn coordinates are off the globe
select ind
from geo
where case
        when size(coordinates) = 2
            then element_at(coordinates, 1) not between -90 and 90
            or element_at(coordinates, 2) not between -180 and 180
    end;
