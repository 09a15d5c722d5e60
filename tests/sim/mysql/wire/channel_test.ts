import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { MysqlError } from "../../../../sim/mysql/errors.ts";
import { Channel, packetPayloadMax } from "../../../../sim/mysql/wire/channel.ts";
import { hex, packet, toHex } from "../support.ts";

async function readHex(channel: Channel): Promise<string> {
  return toHex(await channel.read() ?? hex("dead"));
}

/** A socket whose other end is the test. */
function pair() {
  const written: Uint8Array[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  const channel = new Channel(socket);
  return { channel, socket, written };
}

Deno.test("a payload that arrives byte by byte is read whole", async () => {
  const { channel, socket } = pair();
  for (const byte of packet(hex("03 414243"), 0)) socket.push(Uint8Array.of(byte));
  assert.equal(await readHex(channel), "03414243");
  channel.destroy();
});

Deno.test("two packets in one piece are read one after the other", async () => {
  const { channel, socket } = pair();
  socket.push(Uint8Array.from([...packet(hex("0e"), 0), ...packet(hex("01"), 0)]));
  assert.equal(await readHex(channel), "0e");
  channel.beginCommand();
  assert.equal(await readHex(channel), "01");
  channel.destroy();
});

Deno.test("a packet out of order is refused", async () => {
  const { channel, socket } = pair();
  socket.push(packet(hex("0e"), 3));
  await assert.rejects(
    channel.read(),
    (error) => error instanceof MysqlError && error.errno === 1156,
  );
  channel.destroy();
});

Deno.test("the client's end within a packet ends reading", async () => {
  const { channel, socket } = pair();
  socket.push(packet(hex("0e0e0e"), 0).subarray(0, 5));
  socket.push(null);
  assert.equal(await channel.read(), null);
  channel.destroy();
});

Deno.test("an answer goes on counting where the command stopped", async () => {
  const { channel, socket, written } = pair();
  socket.push(packet(hex("0e"), 0));
  await channel.read();
  channel.write(hex("aa"));
  channel.write(hex("bb"));
  await channel.flush();
  assert.deepEqual(written.map((bytes) => [...bytes]), [[1, 0, 0, 1, 0xaa, 1, 0, 0, 2, 0xbb]]);
  channel.destroy();
});

Deno.test("16 MiB - 1 bytes are followed by an empty packet, and read back as one", async () => {
  const sender = pair();
  sender.channel.write(new Uint8Array(packetPayloadMax).fill(7));
  await sender.channel.flush();
  const [bytes = new Uint8Array()] = sender.written;
  assert.equal(bytes.length, 4 + packetPayloadMax + 4);
  assert.deepEqual([...bytes.subarray(0, 4)], [0xff, 0xff, 0xff, 0]);
  assert.deepEqual([...bytes.subarray(-4)], [0, 0, 0, 1]);
  const receiver = pair();
  receiver.socket.push(bytes);
  assert.equal((await receiver.channel.read())?.length, packetPayloadMax);
  sender.channel.destroy();
  receiver.channel.destroy();
});
