/** The value in the middle of what was measured. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1];
  if (middle === undefined) throw new RangeError("Nothing was measured");
  return middle;
}
