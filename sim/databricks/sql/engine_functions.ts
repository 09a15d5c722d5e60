/**
 * The functions that may reach the engine, by its own names: those of the dialect and of this
 * room, and what the rewriting makes of them. All of them compute from their arguments.
 */
import { macros as dialectMacros } from "../../../sql/dialect/mod.ts";
import { allowed } from "../../../sql/dialect/functions.ts";
import { known, macros } from "./functions.ts";

/** What operators and special forms are for the engine: `count(*)`, `like`, `trim`, rows. */
const forms = "+ - * ~~ !~~ || array_extract count_star date_part ltrim row rtrim struct_extract";

/** What the two rewriters write beside macros. */
const rewritten = "json_transform json_type json_valid len list list_value quantile_cont " +
  "quantile_disc range unnest";

const nameOfMacro = (macro: string): string =>
  /MACRO "?(.+?)"?\s*\(/.exec(macro)?.[1]?.toLowerCase() ?? "";

export const engineFunctions: ReadonlySet<string> = new Set([
  ...allowed,
  ...known,
  ...[...dialectMacros, ...macros].map(nameOfMacro),
  ...forms.split(" "),
  ...rewritten.split(" "),
]);
