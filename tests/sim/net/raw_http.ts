/** A client that knows nothing of HTTP: sends bytes, gives back what came until the end. */
const encoder = new TextEncoder();

/** Writes the text in the given pieces and reads until the server closes or `until` has come. */
export async function exchange(
  port: number,
  pieces: readonly (string | Uint8Array)[],
  until?: (text: string) => boolean,
): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const reading = readAll(conn, until);
  try {
    for (const piece of pieces) {
      const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return await reading;
  } finally {
    conn.close();
  }
}

async function readAll(conn: Deno.Conn, until?: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    let count: number | null;
    try {
      count = await conn.read(buffer);
    } catch {
      return text; // Reset: the end as well.
    }
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    if (until?.(text)) return text;
  }
}

/** Answers every connection with the same bytes after the first piece of a request, then closes. */
export function fixedServer(answer: string | null): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const serve = async (conn: Deno.Conn) => {
    open.add(conn);
    await conn.read(new Uint8Array(65_536)).catch(() => null);
    if (answer === null) return; // Never answers.
    await conn.write(encoder.encode(answer)).catch(() => 0);
    open.delete(conn);
    conn.close();
  };
  (async () => {
    for await (const conn of listener) serve(conn);
  })().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const conn of open) conn.close();
    },
  };
}
