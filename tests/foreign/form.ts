/**
 * How much of a long judge is wanted: the short form, which has every kind of check, or the whole
 * of it (`deno task foreign:all`).
 */
export function short<T>(form: T, { whole }: { whole: T }): T {
  return Deno.env.get("FOREIGN") === "all" ? whole : form;
}
