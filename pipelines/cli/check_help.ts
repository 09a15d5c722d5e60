/**
 * Help: what the command's `--help` says of the files that a check reads.
 *
 * The examples are texts of their own, because a test reads them as the checks would.
 */
export const testExample = `# A comment, on a line of its own.

test k and M are thousands and millions
  given raw_pin
    | index | follower_count | title  |
    | 1     | 2k             | null   |   # a remark
    | 2     | 1.2M           | " a|b" |
  expect
    | ind | follower_count |
    | 1   | 2000           |
    | 2   | 1200000        |

test one table may serve several inputs, and the clock can be set
  at 2020-08-28 03:52:47
  given raw_pin, raw_geo from posts.csv
  expect parsed ordered
    {"ind_digits": "1"}
  expect no rows
`;

export const auditExample = `-- audit not_null(ind)
-- audit unique(country, category)
-- audit accepted_values(age_group, '18-24', '25-35')
-- audit relationships(ind, pin.ind)
-- audit warn range(age, 0, 130)
-- audit matches(category, '^[a-z-]+')
-- audit row_count(1, null)

-- audit no post is older than the company
select ind from geo where year(timestamp) < 2010;
`;

const schemaExample = `create table raw_pin (index string, title string);
`;

export const fileHelp = `
Files, for models in sql/ (or DIR/):
  sql/clean/pin.sql          one query; its header names inputs and outputs with their types:
                               -- input    raw_pin: index string, title string
                               -- grain    ind
                               -- output   ind int, title string
  sql/clean/pin.audit.sql    what is promised of its rows; lines of one audit may also stand
                             in the model's own header
  sql/schema.sql             source tables, where headers do not name their columns
  tests/sql/clean/pin.test   unit tests, mirrored (or beside the model)
  tests/sql/samples/raw_pin.jsonl, .csv
                             rows of a source, for the audits

A test file:
${indented(testExample)}
  Columns not given are null, columns not expected are free, order counts if it is asked for.
  A cell is read as its column's type; null is no value; text in quotes is text in JSON, for
  what a table cannot show: "" and blanks at the ends, "a|b", "null". A type may stand behind
  a column's name, \`| ind int |\`, and is compared. 'expect parsed' looks at a CTE of the model.
  Rows may be JSON objects, or come from a .csv or .jsonl file, named from the test file.
  A model that looks at the clock needs a line 'at'.

Audits:
${indented(auditExample)}
  Each row that a query returns breaks the promise; it selects the grain of its model.

A schema:
${indented(schemaExample)}`;

function indented(text: string): string {
  return text.trimEnd().split("\n").map((line) => `    ${line}`.trimEnd()).join("\n");
}
