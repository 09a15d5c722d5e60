/**
 * A judge: another program that is asked one question after another, because it takes long to
 * start. Questions and answers are lines of JSON, see delta_values.py.
 */

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let open = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (open + text).split("\n");
    open = lines.pop() ?? "";
    yield* lines;
  }
}

/** A program that says nothing for so long is ended, and what was asked of it fails. */
const answerLimitMs = 120_000;

/** One running program. `ask` throws with its words where the program refuses. */
export class Judge implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** Where it stands: Spark leaves empty folders behind. */
  readonly #folder: string;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#writer = child.stdin.getWriter();
    this.#answers = linesOf(child.stdout);
  }

  /** Runs a script of this folder until it is ready to be asked. */
  static async start(python: string, script: string, ...args: string[]): Promise<Judge> {
    const folder = await Deno.makeTempDir({ prefix: "judge-" });
    const path = new URL(script, import.meta.url).pathname;
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$0" "$@" 2>log', python, path, ...args],
      cwd: folder,
      env: { TZ: "UTC", PYTHONDONTWRITEBYTECODE: "1", SPARK_LOCAL_IP: "127.0.0.1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const judge = new Judge(child, folder);
    try {
      await judge.#answer();
    } catch (error) {
      await judge[Symbol.asyncDispose]();
      throw error;
    }
    return judge;
  }

  async ask(what: string, question: Record<string, unknown>): Promise<unknown> {
    const line = JSON.stringify({ do: what, ...question });
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
    return await this.#answer();
  }

  async #answer(): Promise<unknown> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), answerLimitMs);
    try {
      return await this.#nextAnswer();
    } finally {
      clearTimeout(timer);
    }
  }

  async #nextAnswer(): Promise<unknown> {
    for (;;) {
      const { value: line, done } = await this.#answers.next();
      if (done) throw new Error(`The program has ended: ${await this.#lastWords()}`);
      if (line === "answer ready") return null;
      if (!line.startsWith("answer ")) continue;
      const answer: { is?: unknown; error?: string } = JSON.parse(line.slice("answer ".length));
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.is;
    }
  }

  async #lastWords(): Promise<string> {
    return (await Deno.readTextFile(`${this.#folder}/log`)).slice(-2000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {}); // It may have ended by itself.
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
