/**
 * Event lines: events -> JSON, a line each, into a file or a pipe, beside the run.
 *
 *   {"event":"counts","atMs":1796000000000,"hop":"posted","table":"pin","count":500}
 *
 * A run neither waits for its reader nor ends with it: what a slow one has not taken is dropped
 * beyond a limit, which a line says (`dropped`, how many), and after one that has left nothing is
 * written any more.
 */
import { UsageError } from "../errors.ts";
import { say } from "./run_command.ts";

const waitingMax = 10_000;
/** For the last lines to be taken, when the run is over. */
const lastLinesMs = 2_000;

export class EventLines implements AsyncDisposable {
  readonly #file: Pick<Deno.FsFile, "write" | "close">;
  #waiting: string[] = [];
  #droppedCount = 0;
  #writing: Promise<void> | null = null;
  #isGone = false;

  /** @param file written to from now on, and closed at the end */
  constructor(file: Pick<Deno.FsFile, "write" | "close">) {
    this.#file = file;
  }

  /**
   * @param where a file, which is replaced; a named pipe; or the number of a pipe that is open
   * @throws {UsageError} it cannot be written to
   */
  static async open(where: string): Promise<EventLines> {
    const isDescriptor = /^[0-9]+$/.test(where);
    try {
      const options = isDescriptor ? { append: true } : { write: true, create: true };
      const file = await Deno.open(isDescriptor ? `/dev/fd/${where}` : where, options);
      // What is open already is its owner's, and a pipe has no length that could be cut.
      if (!isDescriptor && (await file.stat()).isFile) await file.truncate();
      return new EventLines(file);
    } catch (error) {
      const why = isDescriptor
        ? "it is no open pipe (npx passes none on): give a file or a named pipe"
        : (error as Error).message;
      throw new UsageError(`Cannot write events to --events ${where}: ${why}`);
    }
  }

  write(event: object): void {
    if (this.#isGone) return;
    if (this.#waiting.length >= waitingMax) return void this.#droppedCount++;
    this.#waiting.push(`${JSON.stringify(event)}\n`);
    this.#writing ??= this.#writeAll().finally(() => this.#writing = null);
  }

  /** Never rejects: a run does not end because nobody can be told of it. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const text = this.#waiting.join("") + this.#droppedLine();
        this.#waiting = [];
        for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
          bytes = bytes.subarray(await this.#file.write(bytes));
        }
      }
    } catch (error) {
      this.#isGone = true;
      this.#waiting = [];
      say(`Note: events are not written any more: ${(error as Error).message}`);
    }
  }

  #droppedLine(): string {
    const count = this.#droppedCount;
    this.#droppedCount = 0;
    return count === 0 ? "" : `${JSON.stringify({ event: "dropped", atMs: Date.now(), count })}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, lastLinesMs));
    await Promise.race([this.#writing, late]).finally(() => clearTimeout(timer));
    this.#isGone = true;
    this.#file.close();
  }
}
