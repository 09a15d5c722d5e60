-- sql/clean/geo.sql: where and when each post was made, typed; unusable values become null.
-- input    raw_geo: ind string, timestamp string, latitude string, longitude string,
--          country string
-- grain    ind
-- output   ind int, country string, coordinates array<double>, timestamp timestamp
-- parts    coordinates: latitude, longitude
-- units    coordinates: degrees, latitude first, null unless both are numbers; timestamp: UTC
--
-- A time is a date, a space or T, and hours to seconds; a fraction, Z or an offset up to 14:59
-- may follow, and the date may be written with colons. All else is null, a date alone and a
-- day that the month has not included. Years are 1000 to 2999; microseconds, the rest is cut.
--
-- The final select reads columns as posted, as that of pin.sql does.

with trimmed as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from ind) as ind,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from country) as country,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from latitude) as latitude,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from longitude) as longitude,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from timestamp) as timestamp
    from raw_geo
),

posted as (
    select
        ind,
        nullif(country, '') as country,
        nullif(latitude, '') as latitude,
        nullif(longitude, '') as longitude,
        nullif(timestamp, '') as timestamp
    from trimmed
),

parsed as (
    select
        *,
        case
            when regexp_extract(ind, '^-?[0-9]+([.]0+)?', 0) = ind
                then regexp_extract(ind, '^-?[0-9]+', 0)
        end as ind_digits,
        -- fifteen digits and a short exponent cannot leave the doubles
        case
            when regexp_extract(
                latitude, '^-?[0-9]{1,15}([.][0-9]*)?([eE][+-]?[0-9]{1,2})?', 0
            ) = latitude then try_cast(latitude as double)
        end as degrees_north,
        case
            when regexp_extract(
                longitude, '^-?[0-9]{1,15}([.][0-9]*)?([eE][+-]?[0-9]{1,2})?', 0
            ) = longitude then try_cast(longitude as double)
        end as degrees_east,
        case
            when regexp_extract(
                timestamp,
                '^[12][0-9]{3}(-[01][0-9]-|:[01][0-9]:)[0-3][0-9][ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?',
                0
            ) = timestamp then substring(timestamp, 20)
        end as after_seconds
    from posted
),

zoned as (
    select
        *,
        regexp_extract(after_seconds, '^[.][0-9]{1,6}', 0) as fraction,
        regexp_extract(after_seconds, '[+-][0-9:]+', 0) as utc_offset
    from parsed
)

select
    try_cast(ind_digits as int) as ind,
    country,
    case
        when degrees_north is not null and degrees_east is not null
            then array(degrees_north, degrees_east)
    end as coordinates,
    try_cast(
        concat(
            substring(timestamp, 1, 4),
            '-',
            substring(timestamp, 6, 2),
            '-',
            substring(timestamp, 9, 2),
            ' ',
            substring(timestamp, 12, 8),
            fraction,
            case utc_offset when '' then '+00:00' else utc_offset end
        ) as timestamp
    ) as timestamp
from zoned
