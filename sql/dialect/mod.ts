/**
 * The dialect: Databricks SQL in the subset that means the same on DuckDB.
 *
 * `lint` refuses what would not; `rewriteForDuckDb`, `macros` and `settings` make the rest run.
 */
export { duckDbCast } from "./casts.ts";
export { describeProblem, lint, type Problem } from "./lint.ts";
export { macros, settings } from "./macros.ts";
export { type Column, duckDbType, type Header, type Input, readHeader } from "./model.ts";
export { type Picture, pictureForms, pictureProblem, readPicture } from "./picture.ts";
export { parametersOf, rewriteForDuckDb } from "./rewrite.ts";
export { splitStatements, type Statement } from "./statements.ts";
export { isSymbol, isWord, significant, type Token, tokenize } from "./tokens.ts";
