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
        {key_number} as key_number
    from trimmed
),

keyed as (
    select
        *,
        try_cast(
            case when regexp_extract(key_number, '^-?[0-9]+', 0) = key_number then key_number end
            as int
        ) as landed_key
    from spelled
)

select
    *,
    coalesce(
        byte_flaw,
        case when coalesce({values}) is null then {other_table} end,
        case
            when landed_key is null then concat(
                'key is no 32-bit integer: ',
                coalesce(concat(chr(39), substring({key}, 1, 40), chr(39)), 'none')
            )
        end
    ) as flaw
from keyed
