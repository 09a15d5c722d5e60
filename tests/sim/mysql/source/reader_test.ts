/** Source files as people have them: packed, in UTF-16, with other separators, in parts. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { SourceFileError } from "../../../../sim/mysql/mod.ts";
import { rowsOf, serverWith, type TestServer } from "../support.ts";

const header = "ind,first_name,last_name,age,date_joined\n";
const ann = "7,Ann,Lee,20,2016-01-01 00:00:00\n";
const annRow = [7, "Ann", "Lee", 20, "2016-01-01 00:00:00"];
const annObject =
  '{"ind":7,"first_name":"Ann","last_name":"Lee","age":20,"date_joined":"2016-01-01 00:00:00"}';

/** Loads one file, or parts of one, as `user_data`. */
async function loaded(
  files: Record<string, string | Uint8Array>,
  check: (server: TestServer, notes: string[]) => Promise<void>,
): Promise<void> {
  await using server = await serverWith({}, { isLoaded: false });
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = `${server.dir}/${name}`;
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    paths.push(path);
  }
  const { notes } = await server.mysql.load({ user_data: paths });
  await check(server, notes.map((note) => note.replace(`${server.dir}/`, "")));
}

async function refused(name: string, content: string | Uint8Array, said: RegExp): Promise<void> {
  await assert.rejects(
    loaded({ [name]: content }, () => Promise.resolve()),
    (error) => error instanceof SourceFileError && said.test(error.message),
  );
}

const selectAll = "select * from user_data";

Deno.test("a packed file is read, whoever packed it and whatever its name says", async () => {
  // Written by Python 3's gzip, with the file's name in its header.
  const byPython = Uint8Array.fromBase64(
    "H4sICAAAAAAC/3VzZXJfZGF0YS5jc3YAy8xL0UnLLCouic9LzE3VyUmEsRLTU3VSEktS47PyM/NSU7jMdRzz" +
      "8nR8UlN1jAyAyNBM18AQiBQMDKzAiAsAKPTPX0oAAAA=",
  );
  const other = new TextEncoder().encode(`${header}${ann}`);
  for (
    const [name, content] of [
      ["a.csv.gz", byPython],
      ["a.csv", gzipSync(other)],
      // Two packed files behind one another are one, as `cat` makes them.
      ["a.csv.gz", new Uint8Array([...gzipSync(header), ...gzipSync(ann)])],
      ["a.JSONL.GZ", gzipSync(annObject)],
    ] as const
  ) {
    await loaded({ [name]: content }, async (server, notes) => {
      assert.deepEqual(await rowsOf(server, selectAll), [annRow]);
      assert.deepEqual(notes, []);
    });
  }
});

Deno.test("a packed Parquet file is read", async () => {
  const sample = new URL(
    "../../../../fixtures/samples/edges/parquet/user_data.parquet",
    import.meta.url,
  );
  await loaded(
    { "user_data.parquet.gz": gzipSync(await Deno.readFile(sample)) },
    async (server) => {
      assert.ok((await rowsOf(server, selectAll)).length > 50);
    },
  );
});

Deno.test("a file that only says it is packed is refused by name", async () => {
  const cut = gzipSync(`${header}${ann}`).subarray(0, 40);
  await refused("a.csv.gz", cut, /a[.]csv[.]gz: Cannot be unpacked as gzip/);
});

function utf16(text: string, isBig: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, !isBig);
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 + at * 2, text.charCodeAt(at), !isBig);
  }
  return bytes;
}

Deno.test("UTF-16 is read in either byte order, and said so", async () => {
  const row = [7, "Zoë", "李😀", 20, "2016-01-01 00:00:00"];
  const text = `${header}7,Zoë,李😀,20,2016-01-01 00:00:00\n`;
  for (const isBig of [false, true]) {
    for (const content of [utf16(text, isBig), gzipSync(utf16(text, isBig))]) {
      await loaded({ "a.csv": content }, async (server, notes) => {
        assert.deepEqual(await rowsOf(server, selectAll), [row]);
        assert.deepEqual(notes, ["a.csv: the file is UTF-16, and is read as such"]);
      });
    }
  }
});

Deno.test("UTF-16 without its mark, or cut in a character, is refused with what to do", async () => {
  await refused("a.csv", utf16(header, false).subarray(2), /iconv -f UTF-16LE -t UTF-8/);
  await refused("a.csv", utf16(header, false).subarray(0, -1), /Expected UTF-16LE/);
});

Deno.test("a byte order mark before CSV or JSON is no part of the first name", async () => {
  for (const [name, text] of [["a.csv", header + ann], ["a.jsonl", annObject]] as const) {
    await loaded({ [name]: `\ufeff${text}` }, async (server, notes) => {
      assert.deepEqual(await rowsOf(server, selectAll), [annRow]);
      assert.deepEqual(notes, []);
    });
  }
});

Deno.test("semicolons, tabs and bars are found by the header, and said", async () => {
  for (const [separator, word] of [[";", "semicolons"], ["\t", "tabs"], ["|", "vertical bars"]]) {
    const text = `${header}${ann}8,"a, b;\tc|",,,\n`.replaceAll(/,(?! b)/g, separator!);
    await loaded({ "a.tsv": text }, async (server, notes) => {
      assert.deepEqual(await rowsOf(server, selectAll), [
        annRow,
        [8, "a, b;\tc|", null, null, null],
      ]);
      assert.deepEqual(notes, [`a.tsv: values are separated by ${word}`]);
    });
  }
});

Deno.test("names of columns match without case and spaces; others are named once", async () => {
  const text = '" IND ",Age,First_Name,LAST_NAME, date_joined,mood,"shoe, size"\r\n' +
    "7,20,Ann,Lee,2016-01-01 00:00:00,good,39\r\n";
  await loaded({ "a.csv": text, "b.csv": text }, async (server, notes) => {
    assert.deepEqual(await rowsOf(server, selectAll), [annRow, annRow]);
    assert.deepEqual(notes, ["a.csv: these columns are not taken: 'mood', 'shoe, size'"]);
  });
  await loaded({ "a.json": `[${annObject.replace("{", '{"mood":{"a":1},')}]` }, (_, notes) => {
    assert.deepEqual(notes, ["a.json: these columns are not taken: 'mood'"]);
    return Promise.resolve();
  });
});

Deno.test("what pandas writes by itself is refused with what to write", async () => {
  // Documented: the results of to_json for each `orient`, pandas user guide, IO tools.
  for (
    const text of [
      '{"ind":{"0":7,"1":8},"first_name":{"0":"Ann","1":"Bo"}}',
      '{"0":{"ind":7,"first_name":"Ann"},"1":{"ind":8,"first_name":"Bo"}}',
      '{"columns":["ind","first_name"],"index":[0,1],"data":[[7,"Ann"],[8,"Bo"]]}',
      '{"schema":{"fields":[{"name":"ind","type":"integer"}]},"data":[{"ind":7}]}',
      '[[7,"Ann"],[8,"Bo"]]',
    ]
  ) await refused("a.json", text, /orient="records", lines=True/);
});

Deno.test("the parts of a table are read in their order, each by itself", async () => {
  const parts = {
    "part-00000.csv": `${header}${ann}`,
    "part-00001.csv.gz": gzipSync("age,ind,first_name,last_name,date_joined\n30,7,Bo,,\n"),
    "part-00002.json": annObject.replace("7", "3"),
  };
  await loaded(parts, async (server) => {
    assert.deepEqual(await rowsOf(server, selectAll), [
      [3, ...annRow.slice(1)],
      annRow,
      [7, "Bo", null, 30, null],
    ]);
  });
});

Deno.test("a fault in a part names the part", async () => {
  await assert.rejects(
    loaded(
      { "part-00000.csv": `${header}${ann}`, "part-00001.csv": `${header}${ann}x,,,,\n` },
      () => Promise.resolve(),
    ),
    /part-00001[.]csv, line 3, column 'ind'/,
  );
});

Deno.test("a file of Spark without a header is told how to write one", async () => {
  await refused("part-00000.csv", ann, /Spark: [.]option[(]'header', True[)]/);
  await refused("a.csv", `${header}7,"a \\"b\\" c",,,\n`, /option[(]"escape"/);
});
