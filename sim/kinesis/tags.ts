/** Tags of a stream: names and values, at most fifty, in the order of their names. */
import type { KinesisContext } from "./context.ts";
import { invalidArgument } from "./errors.ts";

const tagsMax = 50;

/**
 * The tags with these added or replaced.
 * @throws {ServiceError} InvalidArgumentException for forbidden signs or too many.
 */
export function addedTags(
  stream: string,
  tags: readonly [string, string][],
  added: ReadonlyMap<string, string>,
  { accountId }: KinesisContext,
): [string, string][] {
  const failed = `Failed to add tags to stream ${stream} under account ${accountId}`;
  const isOdd = (text: string) => !/^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u.test(text);
  if ([...added].flat().some(isOdd)) {
    const allowed = "Unicode letters, white-spaces, '_',',','/','=','+','-','@',':'";
    throw invalidArgument(
      `${failed} because some tags contained illegal characters. The allowed characters are ` +
        `${allowed}.`,
    );
  }
  const all = new Map([...tags, ...added]);
  if (all.size > tagsMax) {
    const most = `a given stream cannot have more than ${tagsMax} tags associated with it`;
    throw invalidArgument(`${failed} because ${most}.`);
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}
