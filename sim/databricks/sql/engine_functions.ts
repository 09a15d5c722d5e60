/**
 * The functions that may reach the engine, by its own names: those of the dialect and what its
 * rewriter makes of them. All of them compute from their arguments.
 */
import { macros } from "../../../sql/dialect/mod.ts";
import { allowed } from "../../../sql/dialect/functions.ts";

/** What operators and special forms are for the engine: `count(*)`, `like`, `trim`, rows. */
const forms = "+ - * ~~ !~~ || count_star ltrim row rtrim struct_extract";

/** What the rewriter writes beside macros. */
const rewritten = "len list list_value quantile_cont quantile_disc range unnest";

const nameOfMacro = (macro: string): string =>
  /MACRO "?(.+?)"?\s*\(/.exec(macro)?.[1]?.toLowerCase() ?? "";

export const engineFunctions: ReadonlySet<string> = new Set([
  ...allowed,
  ...macros.map(nameOfMacro),
  ...forms.split(" "),
  ...rewritten.split(" "),
]);
