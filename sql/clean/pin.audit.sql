-- sql/clean/pin.audit.sql: runs after every load of pin.
-- input    pin
--
-- The audits of one line are explained in pipelines/warehouse/audit_rules.ts. A statement whose
-- first column is `promise` finds broken promises: each row is one, and the load is wrong. What
-- cleaning could not use breaks none: it is counted as `nulled`.

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
