/**
 * Captions: the header of a question -> how its answer is told: title, picture, unit, place.
 *
 * Every file of `sql/questions/` is a question, and one that could not be told is refused, by
 * `check` and by every run, with what to write.
 */
import {
  type Header,
  type Picture,
  pictureForms,
  pictureProblem,
  readPicture,
} from "../../sql/dialect/mod.ts";

export interface Caption {
  title: string;
  picture: Picture;
  /** What the numbers count, for people. */
  units: string;
  /** Questions are told by this number, then by name; those without one are the last. */
  order: number;
}

/** The folder of `sql/` whose models are answers. */
export const questionGroup = "questions";

/**
 * @param file path below the folder of models: `questions/users_joined_by_year.sql`
 * @returns null for a model that is no question
 * @throws {SyntaxError} what to write, with the line where there is one
 */
export function captionOf(file: string, header: Header): Caption | null {
  const [group, name = "", ...deeper] = file.split("/");
  if (group !== questionGroup) return null;
  if (deeper.length > 0) {
    throw new SyntaxError("A question stands in questions/ itself: no folder below it is read");
  }
  checkName(name.replace(/[.]sql$/, ""));
  const { title, picture, units, order } = header.told;
  if (title === undefined) throw missing("title", "title    <what stands above the answer>");
  if (picture === undefined) throw new SyntaxError(`There is no picture: write ${pictureForms}`);
  if (units === undefined) throw missing("unit", "units    <column>: <what it counts>");
  const drawn = readPicture(picture.value, picture.line);
  const problem = pictureProblem(drawn, header.output);
  if (problem !== null) throw new SyntaxError(`${problem} at line ${picture.line}`);
  return { title: title.value, picture: drawn, units: units.value, order: orderOf(order) };
}

/** Tables of a run, and those that it needs on its way. */
const taken =
  /^((raw|landed|object|aside|compared|repeat|digest|rejects|nulled)_)?(pin|geo|user)$|^(rejects|nulled)$/i;

function checkName(name: string): void {
  if (!/^\w+$/.test(name)) {
    throw new SyntaxError(`'${name}' is no name of an answer: use letters, digits and underscores`);
  }
  if (!taken.test(name)) return;
  throw new SyntaxError(`A question cannot be called '${name}', a run has a table of that name`);
}

function missing(what: string, line: string): SyntaxError {
  return new SyntaxError(`There is no ${what}: write '-- ${line}' into the header`);
}

function orderOf(order: Header["told"]["order"]): number {
  if (order === undefined) return Infinity;
  if (/^[0-9]{1,4}$/.test(order.value)) return Number(order.value);
  throw new SyntaxError(
    `Cannot read the order '${order.value}' at line ${order.line}: write a whole number`,
  );
}
