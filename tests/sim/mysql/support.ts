/** What the tests of the simulated MySQL share: a server with a few rows, and a bare socket. */
import mysql from "mysql2/promise";
import { connect, type Socket } from "node:net";
import { noFaults } from "../../../sim/faults/plan.ts";
import {
  type IamUsers,
  type MysqlServer,
  type SourceFiles,
  startMysql,
} from "../../../sim/mysql/mod.ts";
import { nativeProof } from "../../../sim/mysql/passwords.ts";
import { PayloadWriter } from "../../../sim/mysql/wire/bytes.ts";
import { worldFromSeed } from "../../../sim/world.ts";

export const account = { user: "admin", password: "s3cret", database: "pinterest_data" };

export const smallFiles = {
  "pinterest_data.csv": "index,unique_id,title,description,poster_name,follower_count,tag_list," +
    "is_image_or_video,image_src,downloaded,save_location,category\n" +
    '2,u2,"Comma, ""quote""\nand line 😀","",Ana,124k,"a,b",image,https://x/2.jpg,1,Local save in /data/art,art\n' +
    "0,u0,Zero,No description available,bob,0,a,,,0,Local save in /data/art,art\n" +
    "1,u1,One,\\N,ANA,6M,a,image,NULL,1,Local save in /data/art,travel\n",
  "geolocation_data.csv": "ind,timestamp,latitude,longitude,country\n" +
    "0,2018-03-04 05:06:07,-89.9787,-173.293,Albania\n" +
    "1,2018-03-04T00:00:00Z,89.0,1.5e-7,Cote d'Ivoire\n" +
    "2,,,,\n",
};

export function hex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/#.*$/gm, "").replace(/\s+/g, "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, at) => parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A folder that is gone afterwards. */
export function tempFolder(): AsyncDisposable & { path: string } {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

export interface TestServer extends AsyncDisposable {
  mysql: MysqlServer;
  dir: string;
}

interface ServerOptions {
  /** Default: yes. */
  isLoaded?: boolean;
  iamUsers?: IamUsers;
  nowMs?: () => number;
}

/** A server whose tables come from texts by file name. */
export async function serverWith(
  texts: Record<string, string>,
  { isLoaded = true, iamUsers, nowMs }: ServerOptions = {},
): Promise<TestServer> {
  const folder = tempFolder();
  const world = worldFromSeed(1, nowMs);
  const mysql = await startMysql({ world, faults: noFaults, dir: folder.path }, {
    ...account,
    ...(iamUsers && { iamUsers }),
  });
  if (isLoaded) await mysql.load(await writeFiles(folder.path, texts));
  return {
    mysql,
    dir: folder.path,
    async [Symbol.asyncDispose]() {
      await mysql[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export async function writeFiles(
  dir: string,
  texts: Record<string, string>,
): Promise<SourceFiles> {
  const files: SourceFiles = {};
  for (const [name, text] of Object.entries(texts)) {
    await Deno.writeTextFile(`${dir}/${name}`, text);
    const table = name.replace(/[.].*$/, "");
    if (table === "pinterest_data" || table === "geolocation_data" || table === "user_data") {
      files[table] = `${dir}/${name}`;
    }
  }
  return files;
}

export interface Packet {
  sequence: number;
  payload: Uint8Array;
}

/** A client of bare packets: what it sends is what the test wrote. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  #input = new Uint8Array();
  #ended = false;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk: Uint8Array) => {
      const joined = new Uint8Array(this.#input.length + chunk.length);
      joined.set(this.#input);
      joined.set(chunk, this.#input.length);
      this.#input = joined;
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  send(payload: Uint8Array, sequence = 0): void {
    this.sendBytes(packet(payload, sequence));
  }

  /** Null when the server has closed. */
  async read(): Promise<Packet | null> {
    for (;;) {
      const [low = 0, middle = 0, high = 0, sequence = 0] = this.#input;
      const size = 4 + low + middle * 256 + high * 65536;
      if (this.#input.length >= 4 && this.#input.length >= size) {
        const payload = this.#input.slice(4, size);
        this.#input = this.#input.slice(size);
        return { sequence, payload };
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Logs in with the native plugin, and returns the server's answer. */
  async logIn(capabilities = 0x000f_a20d): Promise<Packet | null> {
    const greeting = await this.read();
    if (greeting === null) return null;
    this.send(loginPayload(greeting.payload, capabilities), 1);
    return await this.read();
  }

  [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once("close", () => resolve());
    });
    this.#socket.destroy();
    return closed;
  }
}

export function packet(payload: Uint8Array, sequence: number): Uint8Array {
  return new PayloadWriter().uint24(payload.length).uint8(sequence).bytes(payload).finish();
}

function loginPayload(greeting: Uint8Array, capabilities: number): Uint8Array {
  const version = greeting.indexOf(0);
  const scramble = new Uint8Array(20);
  scramble.set(greeting.subarray(version + 5, version + 13));
  scramble.set(greeting.subarray(version + 32, version + 44), 8);
  const proof = nativeProof(account.password, scramble);
  return new PayloadWriter().uint32(capabilities).uint32(1 << 24).uint8(45).zeros(23)
    .zeroText(account.user).uint8(proof.length).bytes(proof)
    .zeroText(account.database).zeroText("mysql_native_password").finish();
}

/** The rows of a query, through mysql2. */
export async function rowsOf(server: TestServer, sql: string): Promise<unknown[][]> {
  const connection = await mysql.createConnection({
    ...account,
    port: server.mysql.port,
    host: "127.0.0.1",
    rowsAsArray: true,
    dateStrings: true,
  });
  const [rows] = await connection.query<mysql.RowDataPacket[][]>(sql);
  await connection.end();
  return rows;
}
