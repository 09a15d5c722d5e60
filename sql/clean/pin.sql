-- sql/clean/pin.sql: one row per post, typed; unusable values become null.
-- input    raw_pin: index string, unique_id string, title string, description string,
--          poster_name string, follower_count string, tag_list string,
--          is_image_or_video string, image_src string, downloaded string,
--          save_location string, category string
-- grain    ind
-- output   ind int, unique_id string, title string, description string, follower_count int,
--          poster_name string, tag_list string, is_image_or_video string, image_src string,
--          save_location string, category string
-- units    follower_count: people ('2.5K' -> 2500, '1.2m' -> 1200000, '1,234' -> 1234; half a
--          person rounds up)
--
-- Text is trimmed of space, tab, CR, LF and U+00A0; empty is null; so are the source's own
-- error texts. A number is compared with what the pattern took of it, never ended with a
-- dollar sign: Java's also stands before a last line break. Commas group by threes where no
-- suffix stands: '1,234k' is for some people 1234, and for others a thousand times that.
--
-- The final select reads each column as it was posted, under its own name: trimmed, and null
-- where it holds nothing. What it makes null of the rest is counted, as `nulled`.

with trimmed as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from index) as index,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from unique_id) as unique_id,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from title) as title,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from description) as description,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from poster_name) as poster_name,
        trim(
            both concat(' ', chr(9), chr(10), chr(13), chr(160)) from follower_count
        ) as follower_count,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from tag_list) as tag_list,
        trim(
            both concat(' ', chr(9), chr(10), chr(13), chr(160)) from is_image_or_video
        ) as is_image_or_video,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from image_src) as image_src,
        trim(
            both concat(' ', chr(9), chr(10), chr(13), chr(160)) from save_location
        ) as save_location,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from category) as category
    from raw_pin
),

posted as (
    select
        index,
        nullif(unique_id, '') as unique_id,
        case when title not in ('', 'No Title Data Available') then title end as title,
        case
            when description not in (
                '', 'No description available', 'No description available Story format'
            ) then description
        end as description,
        case
            when follower_count not in ('', 'User Info Error') then follower_count
        end as follower_count,
        case when poster_name not in ('', 'User Info Error') then poster_name end as poster_name,
        case
            when tag_list not in ('', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e') then tag_list
        end as tag_list,
        nullif(is_image_or_video, '') as is_image_or_video,
        case when image_src not in ('', 'Image src error.') then image_src end as image_src,
        case
            when save_location not in ('', 'Local save in') then save_location
        end as save_location,
        nullif(category, '') as category
    from trimmed
),

parsed as (
    select
        *,
        -- '7528', and '7528.0' as a source with gaps writes it
        case
            when regexp_extract(index, '^-?[0-9]+([.]0+)?', 0) = index
                then regexp_extract(index, '^-?[0-9]+', 0)
        end as ind_digits,
        case
            when regexp_extract(
                follower_count, '^[0-9]+([.][0-9]{1,8})?[kKmMbB]?', 0
            ) = follower_count then regexp_extract(follower_count, '^[0-9]+([.][0-9]+)?', 0)
            when regexp_extract(
                follower_count, '^[1-9][0-9]{0,2}(,[0-9]{3})+([.][0-9]{1,8})?', 0
            ) = follower_count then replace(follower_count, ',', '')
        end as follower_digits
    from posted
)

select
    try_cast(ind_digits as int) as ind,
    unique_id,
    title,
    description,
    try_cast(
        round(
            try_cast(follower_digits as decimal(18, 8))
            * case substring(follower_count, length(follower_count))
                when 'k' then 1000
                when 'K' then 1000
                when 'm' then 1000000
                when 'M' then 1000000
                when 'b' then 1000000000
                when 'B' then 1000000000
                else 1
            end
        ) as int
    ) as follower_count,
    poster_name,
    tag_list,
    is_image_or_video,
    image_src,
    case
        when substring(save_location, 1, 14) = 'Local save in ' then trim(
            leading concat(' ', chr(9), chr(10), chr(13), chr(160))
            from substring(save_location, 15)
        )
        else save_location
    end as save_location,
    category
from parsed
