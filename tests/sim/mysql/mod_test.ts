import assert from "node:assert/strict";
import { hex, RawClient, serverWith, smallFiles, toHex, writeFiles } from "./support.ts";

const utf8 = new TextEncoder();
const queryOf = (sql: string) => Uint8Array.of(3, ...utf8.encode(sql));
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("login works within moments of the start, before anything is loaded", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  const answer = await client.logIn();
  assert.equal(answer?.sequence, 2);
  assert.equal(toHex(answer?.payload ?? hex("")), "00000002000000");
  client.send(queryOf("select 1"));
  assert.equal((await client.read())?.sequence, 1);
});

Deno.test("each of two commands on a connection is answered from number 1 on", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  for (let round = 0; round < 2; round++) {
    client.send(queryOf("select 5 as a"));
    const packets = [];
    for (let count = 0; count < 5; count++) packets.push(await client.read());
    assert.deepEqual(packets.map((packet) => packet?.sequence), [1, 2, 3, 4, 5]);
    assert.deepEqual(
      packets.map((packet) => toHex(packet?.payload ?? hex(""))).filter((_, at) => at !== 1),
      ["01", "fe00000200", "0135", "fe00000200"],
    );
  }
});

Deno.test("a client that wants no EOF packets gets none", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn(0x010f_a20d);
  client.send(queryOf("select 5 as a"));
  const packets = [];
  for (let count = 0; count < 4; count++) packets.push(await client.read());
  assert.equal(toHex(packets[2]?.payload ?? hex("")), "0135");
  assert.equal(toHex(packets[3]?.payload ?? hex("")), "fe000002000000");
});

Deno.test("commands without a pause between them are answered in order", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.sendBytes(hex("01000000 0e  01000000 99  01000000 0e"));
  const kinds = [];
  for (let count = 0; count < 3; count++) kinds.push((await client.read())?.payload[0]);
  assert.deepEqual(kinds, [0x00, 0xff, 0x00]);
});

/** Command bytes, and the first byte of the answer. */
const answers: [string, string, number][] = [
  ["COM_PING", "0e", 0x00],
  ["COM_SLEEP", "00", 0xff],
  ["COM_INIT_DB", "02" + toHex(utf8.encode("pinterest_data")), 0x00],
  ["COM_INIT_DB of nothing there", "026e6f", 0xff],
  ["COM_CREATE_DB", "0561", 0xff],
  ["COM_REFRESH", "0701", 0xff],
  ["COM_SHUTDOWN", "0800", 0xff],
  ["COM_STATISTICS", "09", "U".charCodeAt(0)],
  ["COM_PROCESS_KILL of nobody", "0ce7030000", 0xff],
  ["COM_DEBUG", "0d", 0xfe],
  ["COM_SET_OPTION", "1b0000", 0xfe],
  ["COM_RESET_CONNECTION", "1f", 0x00],
  ["COM_STMT_EXECUTE of nothing prepared", "17630000000001000000", 0xff],
  ["COM_STMT_RESET of nothing prepared", "1a63000000", 0xff],
  ["COM_STMT_FETCH", "1c6300000001000000", 0xff],
  ["an unknown command", "c8", 0xff],
  ["a command cut short", "1b00", 0xff],
  ["an empty packet", "", 0xff],
];

Deno.test("every command is answered, and the connection goes on", async (t) => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  for (const [name, bytes, first] of answers) {
    await t.step(name, async () => {
      client.send(hex(bytes));
      const answer = await client.read();
      assert.equal(answer?.sequence, 1);
      assert.equal(answer?.payload[0], first);
    });
  }
  await t.step("COM_STMT_CLOSE and COM_STMT_SEND_LONG_DATA have no answer", async () => {
    client.send(hex("1963000000"));
    client.send(hex("18630000000000 61"));
    client.send(hex("0e"));
    assert.equal((await client.read())?.payload[0], 0x00);
  });
});

Deno.test("COM_QUIT ends the connection", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.send(hex("01"));
  assert.equal(await client.read(), null);
});

Deno.test("a command out of order is told so, and ends the connection", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.send(hex("0e"), 5);
  assert.match(text((await client.read())?.payload), /#08S01Got packets out of order/);
  assert.equal(await client.read(), null);
});

Deno.test("clients that go away anywhere do no harm to others", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  for (const bytes of ["", "05", "2000000185", "010000010000", "ffffff01"]) {
    const client = new RawClient(server.mysql.port);
    await client.read();
    client.sendBytes(hex(bytes));
    await client[Symbol.asyncDispose]();
  }
  await using last = new RawClient(server.mysql.port);
  assert.equal((await last.logIn())?.payload[0], 0x00);
});

Deno.test("a login that is no login is refused with words", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.read();
  client.send(hex("8da2"), 1);
  assert.match(text((await client.read())?.payload), /Malformed communication packet/);
});

Deno.test("a query waits until its table is loaded", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.send(queryOf("select count(*) from geolocation_data"));
  const early = client.read();

  await server.mysql.load(await writeFiles(server.dir, smallFiles));
  assert.equal(toHex((await early)?.payload ?? hex("")), "01");
});

Deno.test("COM_FIELD_LIST names the columns, each with a NULL default", async () => {
  await using server = await serverWith(smallFiles);
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.send(Uint8Array.of(4, ...utf8.encode("geolocation_data\0")));
  const names = [];
  for (;;) {
    const answer = await client.read();
    if (answer === null || answer.payload[0] === 0xfe) break;
    assert.equal(answer.payload.at(-1), 0xfb);
    names.push(/geolocation_data.geolocation_data.([a-z]+)/.exec(text(answer.payload))?.[1]);
  }
  assert.deepEqual(names, ["ind", "timestamp", "latitude", "longitude", "country"]);
});

Deno.test("disposing ends a query that waits for tables", async () => {
  const server = await serverWith({}, { isLoaded: false });
  await using client = new RawClient(server.mysql.port);
  await client.logIn();
  client.send(queryOf("select * from user_data"));
  await server[Symbol.asyncDispose]();
  assert.equal(await client.read(), null);
});

Deno.test("who is one too many is told so, and a place that is free again is given away", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  const clients = Array.from({ length: 151 }, () => new RawClient(server.mysql.port));
  for (const client of clients) assert.equal((await client.logIn())?.payload[0], 0);
  await using late = new RawClient(server.mysql.port);
  const refused = await late.read();
  assert.equal(refused?.sequence, 0);
  // ERR, 1040, and before a login no SQLSTATE.
  assert.equal(toHex(refused?.payload.subarray(0, 3) ?? hex("")), "ff1004");
  assert.equal(text(refused?.payload.subarray(3)), "Too many connections");
  await clients.pop()?.[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await using next = new RawClient(server.mysql.port);
  assert.equal((await next.logIn())?.payload[0], 0);
  for (const client of clients) await client[Symbol.asyncDispose]();
});

Deno.test("clients that never log in make room for one that does", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  const silent = Array.from({ length: 300 }, () => new RawClient(server.mysql.port));
  for (const client of silent.slice(0, 100)) await client.read();
  await using client = new RawClient(server.mysql.port);
  assert.equal((await client.logIn())?.payload[0], 0);
  for (const one of silent) await one[Symbol.asyncDispose]();
});

Deno.test("a packet that announces 16 MB and does not come costs nothing", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  const before = Deno.memoryUsage().external;
  const clients = Array.from({ length: 100 }, () => new RawClient(server.mysql.port));
  for (const client of clients) {
    await client.read();
    client.sendBytes(hex("feffff01 00"));
  }
  await using other = new RawClient(server.mysql.port);
  assert.equal((await other.logIn())?.payload[0], 0);
  assert.ok(Deno.memoryUsage().external - before < 100_000_000);
  for (const client of clients) await client[Symbol.asyncDispose]();
});

Deno.test("what a login is scrambled with never comes again, so that none can be replayed", async () => {
  const seen = new Set<string>();
  for (let start = 0; start < 2; start++) {
    await using server = await serverWith({}, { isLoaded: false });
    for (let connection = 0; connection < 2; connection++) {
      await using client = new RawClient(server.mysql.port);
      const greeting = await client.read();
      // HandshakeV10: version, its name up to a zero, four bytes of connection id, then the data.
      const payload = greeting?.payload ?? hex("");
      const from = payload.indexOf(0) + 1 + 4;
      seen.add(toHex(payload.subarray(from, from + 8)));
    }
  }
  assert.equal(seen.size, 4);
});
