-- sql/records/verdicts.sql: every record that is not cleaned, and why.
-- input    {landed}: n (the order of landing), flaw
--          {repeats}: what repeats.sql gives
--          {compared}: the repeats as their model cleans them, n in place of ind
--          {seen}: the rows that the table has from earlier on, ind and the compared columns
-- output   n, verdict ('duplicate' or 'rejected'), reason string (null of a duplicate),
--          first_n (the first landing of its key, null if the key was seen before)
--
-- The first landing of a key wins. A repeat is a duplicate if the two are equal after cleaning,
-- column by column, null equal to null; otherwise it is rejected.

with paired as (
    select
        again.n,
        again.first_n,
        again.landed_key,
        seen.ind is not null as is_seen,
        case
            when seen.ind is not null then {same_as_seen}
            else {same_as_first}
        end as is_same
    from {repeats} as again
    join {compared} as cleaned on cleaned.ind = again.n
    join {compared} as earliest on earliest.ind = again.first_n
    left join {seen} as seen on seen.ind = again.landed_key
)

select
    n,
    'rejected' as verdict,
    flaw as reason,
    cast(null as bigint) as first_n
from {landed} as landed
where flaw is not null
union all
select
    n,
    case when is_same then 'duplicate' else 'rejected' end as verdict,
    case
        when not is_same
            then concat('ind was seen before with other content: ', landed_key)
    end as reason,
    case when not is_seen then cast(first_n as bigint) end as first_n
from paired
where is_seen or n <> first_n
