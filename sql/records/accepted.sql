-- sql/records/accepted.sql: the records that a model cleans, as they were posted.
-- input    {landed}: n, landed_key, the columns as posted; {aside}: what verdicts.sql gives
-- output   the columns as posted, the key in one spelling

select {columns}
from {landed} as landed
left anti join {aside} as aside on aside.n = landed.n
