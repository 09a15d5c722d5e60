-- sql/records/read.sql: what a record is by itself: its key, and why it cannot be used.
-- input    {source}: byte_flaw string (null: a JSON object), the columns as posted, all text
-- output   the same, landed_key int, flaw string (null: nothing is wrong with it)
--
-- The key is a 32-bit integer in any spelling of JSON, as a number or as a text with blanks
-- around it. The names of an object are asked for only where none of the table's own columns
-- holds anything.

with trimmed as (
    select
        *,
        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from {key}) as key_text
    from {source}
),

spelled as (
    select
        *,
        case
            when key_text not like '%e%' and key_text not like '%E%' then key_text
            when regexp_extract(
                key_text, '^-?[0-9]{1,9}([.][0-9]{0,9})?[eE]([+]?[0-9]{1,2}|-0?[0-8])', 0
            ) = key_text then cast(try_cast(key_text as decimal(38, 17)) as string)
        end as key_number
    from trimmed
),

keyed as (
    select
        *,
        try_cast(
            case
                when regexp_extract(key_number, '^-?[0-9]+([.]0+)?', 0) = key_number
                    then regexp_extract(key_number, '^-?[0-9]+', 0)
            end as int
        ) as landed_key
    from spelled
)

select
    *,
    coalesce(
        byte_flaw,
        case when coalesce({values}) is null then {other_table} end,
        case
            when landed_key is not null then null
            when {key} is null then 'key is no 32-bit integer: none'
            else concat('key is no 32-bit integer: ', chr(39), substring({key}, 1, 40), chr(39))
        end
    ) as flaw
from keyed
