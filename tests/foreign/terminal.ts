/**
 * A terminal: a command line -> the same in a pseudo-terminal of its own, with keys to press.
 *
 * util-linux's `script` holds the other end, hands on what it is given as keys, and is killed to
 * close the terminal. The shell in it stays after the command, as a person's does, and says with
 * which code the command ended.
 */
export interface Terminal extends AsyncDisposable {
  /** All that was shown so far. */
  shown(): string;
  press(key: string): Promise<void>;
  /** As the window's close button does. */
  close(): Promise<void>;
}

export const ctrlC = "\x03";

/** The code the shell says its command ended with; null: it has not ended. */
export function codeIn(shown: string): number | null {
  const code = /ended with ([0-9]+)\r?$/m.exec(shown)?.[1];
  return code === undefined ? null : Number(code);
}

export function openTerminal(command: string, cwd: string): Terminal {
  const line = `trap : INT; ${command}; echo "ended with $?"; sleep 600`;
  const child = new Deno.Command("script", {
    args: ["-qec", line, "/dev/null"],
    cwd,
    env: { NO_COLOR: "1", SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = child.stdin.getWriter();
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) text += decoder.decode(bytes, { stream: true });
  })();
  const close = async () => {
    if (await Promise.race([child.status, Promise.resolve(null)]) === null) child.kill("SIGKILL");
    await Promise.all([child.status, reading]);
    await keys.abort().catch(() => {});
  };
  return {
    shown: () => text,
    press: (key) => keys.write(new TextEncoder().encode(key)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
