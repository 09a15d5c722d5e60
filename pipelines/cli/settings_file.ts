/**
 * Endpoints file: settings as `export NAME='value'` lines, for shells and for `--endpoints`.
 */
import { RunError, UsageError } from "../errors.ts";

/** The lines that a POSIX shell reads with `.`; values are quoted. */
export function shellLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}

/**
 * Writes such a file: whole, and for nobody but the owner, because passwords are in it.
 * @throws {RunError} if there is no room, or it may not be written.
 */
export async function writeSettingsFile(
  path: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const draft = `${path}.new`;
  try {
    // One that a crash left would keep its mode.
    await Deno.remove(draft).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.writeTextFile(draft, shellLines(settings), { createNew: true, mode: 0o600 });
    await Deno.rename(draft, path);
  } catch (error) {
    throw new RunError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/**
 * Reads such a file back.
 * @throws {UsageError} if it cannot be read or a line is of another form.
 */
export async function readSettingsFile(path: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(path).catch((error: Error) => {
    throw new UsageError(`Cannot read the endpoints file ${path}: ${error.message}`);
  });
  const settings: Record<string, string> = {};
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const found = /^(?:export )?([A-Z0-9_]+)=(?:'((?:[^']|'\\'')*)'|([^'\s]*))\s*$/.exec(line);
    if (found === null) {
      // Behind the sign may stand a password.
      const shown = line.replace(/=.*/, "=…");
      throw new UsageError(`${path}:${at + 1}: expected export NAME='value', found: ${shown}`);
    }
    settings[found[1] ?? ""] = found[2]?.replaceAll(`'\\''`, "'") ?? found[3] ?? "";
  }
  return settings;
}
