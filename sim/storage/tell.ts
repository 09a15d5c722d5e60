/**
 * Telling: one sentence for the person who started a service, about its files.
 *
 * What a start cut, mended, ignored or took from a copy is said, with the file's name; a start that
 * found everything whole says nothing.
 */
export type Tell = (sentence: string) => void;

/** Where nobody listens, the sentence is a line on stderr: damage is never silent. */
export function printNote(sentence: string): void {
  console.error(`Note: ${sentence}`);
}
