-- sql/clean/pin.audit.sql: runs after every load of pin.
-- input    pin, raw_pin
--
-- The audits of one line are explained in pipelines/warehouse/audit_rules.ts. A statement whose
-- first column is `promise` finds broken promises: each row is one, and the load is wrong. A statement whose first column is `warning` counts what cleaning could not
-- use: one row per kind, none for a kind that did not occur. A value of a row that landed
-- twice counts twice.

-- audit unique(ind)
-- audit not_null(ind)
-- audit range(follower_count, 0, null)

-- promise string, witness string
select
    'an empty text is left' as promise,
    cast(ind as string) as witness
from pin
where '' in (
    unique_id, title, description, poster_name, tag_list, is_image_or_video, image_src,
    save_location, category
)
union all
select
    'an error text is left',
    cast(ind as string)
from pin
where title = 'No Title Data Available'
    or description like 'No description available%'
    or poster_name = 'User Info Error'
    or image_src = 'Image src error.'
union all
select
    'save_location keeps its prefix',
    cast(ind as string)
from pin
where save_location like 'Local save in%';

-- warning string, value_count bigint
with given as (
    select
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from index) as ind_text,
        unique_id is not null as unique_id,
        title is not null as title,
        description is not null as description,
        follower_count is not null as follower_count,
        trim(
            both concat(' ', chr(9), chr(10), chr(13), chr(160)) from follower_count
        ) not in ('', 'User Info Error') as follower_text,
        poster_name is not null as poster_name,
        tag_list is not null as tag_list,
        is_image_or_video is not null as is_image_or_video,
        image_src is not null as image_src,
        save_location is not null as save_location,
        category is not null as category
    from raw_pin
),

cleaned as (
    select
        cast(ind as string) as ind_text,
        unique_id is null as unique_id,
        title is null as title,
        description is null as description,
        follower_count is null as follower_count,
        poster_name is null as poster_name,
        tag_list is null as tag_list,
        is_image_or_video is null as is_image_or_video,
        image_src is null as image_src,
        save_location is null as save_location,
        category is null as category
    from pin
),

counted as (
    select
        count(case when given.unique_id and cleaned.unique_id then 1 end) as unique_id,
        count(case when given.title and cleaned.title then 1 end) as title,
        count(case when given.description and cleaned.description then 1 end) as description,
        count(case when given.follower_count and cleaned.follower_count then 1 end) as followers,
        count(case when given.follower_text and cleaned.follower_count then 1 end) as no_number,
        count(case when given.poster_name and cleaned.poster_name then 1 end) as poster_name,
        count(case when given.tag_list and cleaned.tag_list then 1 end) as tag_list,
        count(case when given.is_image_or_video and cleaned.is_image_or_video then 1 end) as media,
        count(case when given.image_src and cleaned.image_src then 1 end) as image_src,
        count(case when given.save_location and cleaned.save_location then 1 end) as save_location,
        count(case when given.category and cleaned.category then 1 end) as category
    from given
    join cleaned on cleaned.ind_text = given.ind_text
),

listed as (
    select 'unique_id made null' as warning, unique_id as value_count from counted
    union all select 'title made null', title from counted
    union all select 'description made null', description from counted
    union all select 'follower_count made null', followers from counted
    union all select 'follower_count is no number of its type', no_number from counted
    union all select 'poster_name made null', poster_name from counted
    union all select 'tag_list made null', tag_list from counted
    union all select 'is_image_or_video made null', media from counted
    union all select 'image_src made null', image_src from counted
    union all select 'save_location made null', save_location from counted
    union all select 'category made null', category from counted
)

select
    warning,
    value_count
from listed
where value_count > 0
order by warning;
