/**
 * Reasons that a reader gives a record that it cannot read, for every engine; those of a record
 * that was read stand in `sql/records/`.
 */
export const reasons = {
  notObject: "no JSON object",
  notJson: "not JSON",
  notUtf8: "not UTF-8",
  noValue: "no value",
} as const;
