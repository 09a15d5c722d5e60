/**
 * Sessions: credentials that end by themselves, one line of a file each.
 *
 *   sessions.jsonl   { id, secret, token, entity, entityId, name, policies, tags, issuedMs, expiresMs }
 *
 * They are kept, not sealed into their tokens: a service looks for a key by its id before it reads
 * a token, and a session must end with its role. A line is added for each; a start, and from time
 * to time the program itself, writes the file anew without those that have ended long ago. A line
 * that a crash cut short was answered to nobody, and goes.
 *
 * The file is for nobody but its owner, from its first byte on.
 */
import { noFaults } from "../../faults/plan.ts";
import { AppendFile, readFileIfAny, replaceFile, StorageError } from "../../storage/append_file.ts";

export interface KeptSession {
  id: string;
  secret: string;
  token: string;
  entity: { type: "root" } | { type: "user"; name: string } | { type: "role"; name: string };
  /** Of the user or role as it was: another one of the same name is another one. */
  entityId: string;
  /** Of a role that was assumed; null for GetSessionToken. */
  name: string | null;
  policies: string[];
  tags: [string, string][];
  issuedMs: number;
  expiresMs: number;
}

const secretMode = 0o600;
/** How long an ended session is still known to have ended. */
const rememberedMs = 12 * 3_600_000;
/** Assumed: more than anybody needs; each costs about 1 KiB of memory. */
const sessionsMax = 50_000;
/** Lines of ended sessions that are carried along before the file is written anew. */
const staleMax = 1000;

const utf8 = new TextEncoder();

export class Sessions implements Disposable {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #byId = new Map<string, KeptSession>();
  #file: AppendFile;
  #lineCount = 0;

  /** @throws {StorageError} if the file can be neither read nor written */
  constructor(path: string, nowMs: () => number) {
    this.#path = path;
    this.#nowMs = nowMs;
    for (const session of readSessions(path)) this.#byId.set(session.id, session);
    this.#forget();
    this.#file = this.#rewritten();
  }

  find(accessKeyId: string): KeptSession | undefined {
    return this.#byId.get(accessKeyId);
  }

  get isFull(): boolean {
    return this.#byId.size >= sessionsMax;
  }

  /** @throws {StorageError} if it cannot be kept; then there is no such session. */
  add(session: KeptSession): void {
    if (this.isFull || this.#lineCount > 2 * this.#byId.size + staleMax) this.#compact();
    if (this.isFull) throw new StorageError(`Cannot keep more than ${sessionsMax} sessions`);
    this.#file.append(utf8.encode(lineOf(session)));
    this.#lineCount += 1;
    this.#byId.set(session.id, session);
  }

  #compact(): void {
    this.#forget();
    if (this.#lineCount === this.#byId.size) return;
    // If there is no room the file before is still there, and open.
    const rewritten = this.#rewritten();
    this.#file[Symbol.dispose]();
    this.#file = rewritten;
  }

  #forget(): void {
    const before = this.#nowMs() - rememberedMs;
    for (const [id, { expiresMs }] of this.#byId) if (expiresMs < before) this.#byId.delete(id);
  }

  #rewritten(): AppendFile {
    const lines = [...this.#byId.values()].map(lineOf).join("");
    replaceFile(this.#path, utf8.encode(lines), noFaults, secretMode);
    this.#lineCount = this.#byId.size;
    return new AppendFile(this.#path, noFaults);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function lineOf(session: KeptSession): string {
  return `${JSON.stringify(session)}\n`;
}

function readSessions(path: string): KeptSession[] {
  const bytes = readFileIfAny(path);
  if (bytes === null) return [];
  return new TextDecoder().decode(bytes).split("\n").flatMap((line) => {
    const session = parsedLine(line);
    return session === null ? [] : [session];
  });
}

/** Null if it is no whole session: whoever had it asks for a new one. */
function parsedLine(line: string): KeptSession | null {
  try {
    const found: Partial<KeptSession> | null = JSON.parse(line);
    return isWhole(found) ? found : null;
  } catch {
    return null;
  }
}

function isWhole(found: Partial<KeptSession> | null): found is KeptSession {
  if (typeof found !== "object" || found === null) return false;
  const texts = [found.id, found.secret, found.token, found.entityId, found.entity?.type];
  return texts.every((text) => typeof text === "string" && text !== "") &&
    Array.isArray(found.policies) && Array.isArray(found.tags) &&
    Number.isFinite(found.issuedMs) && Number.isFinite(found.expiresMs);
}
