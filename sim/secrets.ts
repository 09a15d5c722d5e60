/**
 * Secrets: a data folder -> its keys and passwords, drawn once from the system's randomness.
 *
 *   <dir>/secrets.json   mode 0600; whole or not there
 *
 * A seed is known to whoever knows the command, so it decides no secret. What was drawn stays the
 * folder's, also where the rest of it is emptied: clients that were told keep their access.
 */
import { SimError } from "./errors.ts";

export const secretsFile = "secrets.json";

const hex = "0123456789abcdef";
const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Each as its vendor writes it, with signs only that neither a URL nor a shell escapes. */
const forms = {
  /** Of the account's administrator. */
  accessKeyId: { prefix: "AKIA", length: 16, alphabet: base32 },
  secretAccessKey: { prefix: "", length: 40, alphabet: base62 },
  /** Of the person who runs the pipeline. */
  personAccessKeyId: { prefix: "AKIA", length: 16, alphabet: base32 },
  personSecretAccessKey: { prefix: "", length: 40, alphabet: base62 },
  mysqlPassword: { prefix: "", length: 24, alphabet: base62 },
  databricksToken: { prefix: "dapi", length: 32, alphabet: hex },
  databricksClientSecret: { prefix: "dose", length: 32, alphabet: hex },
  /** Of the user for SCRAM and PLAIN. */
  kafkaPassword: { prefix: "", length: 24, alphabet: base62 },
  gatewayApiKey: { prefix: "", length: 40, alphabet: base62 },
} as const;

type SecretName = keyof typeof forms;
export type Secrets = Readonly<Record<SecretName, string>>;

/** A folder of an earlier version has none of these yet. */
const later = [
  "personAccessKeyId",
  "personSecretAccessKey",
  "kafkaPassword",
  "gatewayApiKey",
] as const satisfies SecretName[];
type Later = typeof later[number];

/** What a folder holds. */
export type KeptSecrets = Omit<Secrets, Later> & Partial<Pick<Secrets, Later>>;

/** `length` signs of an alphabet, each as likely as the others. */
export function randomText(length: number, alphabet = hex): string {
  const even = 256 - 256 % alphabet.length;
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length - text.length))) {
      if (byte < even) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** In [0, 1), as Math.random(), and not to be foretold. */
export function randomNumber(): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return drawn / 2 ** 32;
}

export function drawSecrets(): Secrets {
  const drawn = Object.entries(forms).map(([name, { prefix, length, alphabet }]) =>
    [name, `${prefix}${randomText(length, alphabet)}`] as const
  );
  return Object.fromEntries(drawn) as Secrets;
}

/**
 * Those of a folder; null if it has none yet.
 * @throws {SimError} if they are damaged or cannot be read.
 */
export async function readSecrets(dir: string): Promise<KeptSecrets | null> {
  const path = `${dir}/${secretsFile}`;
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new SimError(`Cannot read the secrets in ${path}: ${(error as Error).message}`);
  }
  const kept = parsed(text);
  if (kept !== null) return kept;
  throw new SimError(
    `The secrets in ${path} are damaged: delete this file, and new ones are drawn at the next ` +
      "start; other programs then need the new endpoints.env",
  );
}

/**
 * Puts them into a folder: whole, and for nobody but the owner from the first byte on.
 * @throws {Error} of the system
 */
export async function writeSecrets(dir: string, secrets: Secrets): Promise<void> {
  const draft = `${dir}/${secretsFile}.new`;
  // One that a crash left would keep its mode.
  await Deno.remove(draft).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const text = `${JSON.stringify(secrets, null, 2)}\n`;
  await Deno.writeTextFile(draft, text, { createNew: true, mode: 0o600 });
  await Deno.rename(draft, `${dir}/${secretsFile}`);
}

/** Null unless each is there in its form: what is left of a damaged key must not become one. */
function parsed(text: string): KeptSecrets | null {
  try {
    const found: Partial<Record<SecretName, unknown>> | null = JSON.parse(text);
    const names = (Object.keys(forms) as SecretName[]).filter((name) =>
      found?.[name] !== undefined || !later.some((other) => other === name)
    );
    if (!names.every((name) => hasForm(name, found?.[name]))) return null;
    return Object.fromEntries(names.map((name) => [name, found?.[name]])) as KeptSecrets;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function hasForm(name: SecretName, found: unknown): boolean {
  const { prefix, length, alphabet } = forms[name];
  return typeof found === "string" && found.startsWith(prefix) &&
    found.length === prefix.length + length &&
    [...found.slice(prefix.length)].every((sign) => alphabet.includes(sign));
}
