-- sql/clean/user.audit.sql: runs after every load of user; the statements are as in pin.audit.sql.
-- input    user

-- audit unique(ind)
-- audit not_null(ind)
-- audit warn range(age, 0, 130)

-- promise string, witness string
select
    'user_name is empty' as promise,
    cast(ind as string) as witness
from user
where user_name = '';
