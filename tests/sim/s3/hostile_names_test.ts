/** Names that are paths to somewhere else, through every door of S3; then links on the disk. */
import assert from "node:assert/strict";
import { bucket, presign, type RawRequest, send, startTestS3, tag, type TestS3 } from "./helper.ts";

/** A simulator below a folder whose other files must never be read, changed or joined by more. */
async function startFenced() {
  const outer = Deno.makeTempDirSync();
  Deno.mkdirSync(`${outer}/data/kafka`, { recursive: true });
  Deno.writeTextFileSync(`${outer}/data/kafka/topics.json`, "secret of kafka");
  Deno.writeTextFileSync(`${outer}/passwd`, "secret of the machine");
  Deno.mkdirSync(`${outer}/data/s3`);
  const s3 = await startTestS3({ dir: `${outer}/data/s3` });
  const outside = () => filesOf(outer).filter(([path]) => !path.startsWith(`${s3.dir}/`));
  const before = outside();
  return {
    s3,
    outer,
    mustBeUntouched: () => assert.deepEqual(outside(), before),
    async [Symbol.asyncDispose]() {
      await s3[Symbol.asyncDispose]();
      Deno.removeSync(outer, { recursive: true });
    },
  };
}

/** Every file below a folder with its text, links not followed. */
function filesOf(folder: string): [string, string][] {
  return [...Deno.readDirSync(folder)].toSorted((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry): [string, string][] => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) return [[path, ""], ...filesOf(path)];
      return [[path, entry.isSymlink ? Deno.readLinkSync(path) : Deno.readTextFileSync(path)]];
    });
}

const tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
const list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>" +
  "</CompleteMultipartUpload>";
const up = "..%2F..%2F..%2F..%2F..%2F..%2F..%2F..";

/** Whatever can be asked of a bucket and a key. */
function entries(path: string, host?: string): RawRequest[] {
  const at = host === undefined ? { path } : { path, host };
  const id = "0".repeat(32);
  return [
    { method: "GET", ...at },
    { method: "HEAD", ...at },
    { method: "PUT", ...at, body: "overwritten" },
    { method: "DELETE", ...at },
    { method: "PUT", ...at, query: { tagging: "" }, body: tagging },
    { method: "GET", ...at, query: { tagging: "" } },
    { method: "DELETE", ...at, query: { tagging: "" } },
    { method: "POST", ...at, query: { uploads: "" } },
    { method: "PUT", ...at, query: { uploadId: id, partNumber: "1" }, body: "1" },
    { method: "POST", ...at, query: { uploadId: id }, body: list },
    { method: "DELETE", ...at, query: { uploadId: id } },
    { method: "GET", ...at, query: { "list-type": "2" } },
  ];
}

const badBuckets: [path: string, host?: string][] = [
  [`/${up}/etc/passwd`],
  ["/..%2F..%2F/passwd"],
  ["/../kafka/topics.json"],
  ["/../../passwd"],
  ["/.meta/test-bucket/notes-00"],
  ["/.escaped/test-bucket/a"],
  ["/./test-bucket/a"],
  ["/%2Fetc/passwd"],
  ["/..%5C..%5Cetc/passwd"],
  ["/test-bucket%00/a"],
  ["/TEST-BUCKET/a"],
  ["/passwd", "-etc.s3.amazonaws.com"],
  ["/topics.json", "..kafka.s3.amazonaws.com"],
];

/** Hosts that are not even this machine's: refused at the door. */
const foreignHosts: [path: string, host: string][] = [
  ["/passwd", "../../../../etc.s3.amazonaws.com"],
  ["/topics.json", "../kafka.s3.amazonaws.com"],
  ["/topics.json", "..%2fkafka.localhost"],
  ["/x", ".meta.127.0.0.1.nip.io"],
];

Deno.test("a bucket that no bucket can be is refused as InvalidBucketName, through every door", async () => {
  await using at = await startFenced();
  for (const [path, host] of badBuckets) {
    for (const request of entries(path, host)) {
      const reply = await send(at.s3.port, request);
      const what = `${request.method} ${host ?? ""}${path} ${JSON.stringify(request.query ?? {})}`;
      assert.equal(reply.status, 400, what);
      if (request.method !== "HEAD") {
        assert.equal(tag(reply.text, "Code"), "InvalidBucketName", what);
      }
    }
    const query = await presign(at.s3.port, { method: "GET", path, ...(host ? { host } : {}) });
    const url = { method: "GET", path, query, signer: null, ...(host ? { host } : {}) };
    const presigned = await send(at.s3.port, url);
    assert.equal(tag(presigned.text, "Code"), "InvalidBucketName", `presigned ${path}`);
  }
  at.mustBeUntouched();
});

Deno.test("a Host that is a path is refused before it is looked at", async () => {
  await using at = await startFenced();
  for (const [path, host] of foreignHosts) {
    for (const request of entries(path, host)) {
      const reply = await send(at.s3.port, request);
      // No host name at all, or not one of this machine.
      assert.ok([400, 403].includes(reply.status), `${request.method} ${host}: ${reply.status}`);
      assert.doesNotMatch(reply.text, /secret/);
    }
  }
  at.mustBeUntouched();
});

Deno.test("a copy source is no path either", async () => {
  await using at = await startFenced();
  const upload = await send(at.s3.port, {
    method: "POST",
    path: `/${bucket}/copy`,
    query: { uploads: "" },
  });
  const uploadId = tag(upload.text, "UploadId") ?? "";
  const sources = [
    ["../kafka/topics.json", "InvalidBucketName"],
    ["/..%2Fkafka/topics.json", "InvalidBucketName"],
    [".meta/test-bucket/bucket.json", "InvalidBucketName"],
    [`${bucket}/../../kafka/topics.json`, "NoSuchKey"],
    [`${bucket}/..%2F..%2Fkafka/topics.json`, "NoSuchKey"],
    [`${bucket}/${"k".repeat(1025)}`, "KeyTooLongError"],
  ] as const;
  for (const [source, code] of sources) {
    for (const query of [{}, { uploadId, partNumber: "1" }]) {
      const headers = { "x-amz-copy-source": source };
      const reply = await send(at.s3.port, {
        method: "PUT",
        path: `/${bucket}/copy`,
        query,
        headers,
      });
      assert.equal(tag(reply.text, "Code"), code, source);
    }
  }
  at.mustBeUntouched();
});

Deno.test("keys and upload ids that look like paths are keys and ids, and stay inside", async () => {
  await using at = await startFenced();
  const keys = [
    "../../kafka/topics.json",
    `${up}/passwd`,
    "..",
    ".",
    "a/../../../x",
    "%00",
    "%5C..%5C",
  ];
  for (const key of keys) {
    const path = `/${bucket}/${key}`;
    assert.equal((await send(at.s3.port, { method: "GET", path })).status, 404, key);
    assert.equal((await send(at.s3.port, { method: "PUT", path, body: key })).status, 200, key);
    assert.equal((await send(at.s3.port, { method: "GET", path })).text, key);
    for (const uploadId of ["../../../passwd", "..", "%2E%2E", ".tmp"]) {
      const query = { uploadId, partNumber: "1" };
      const reply = await send(at.s3.port, { method: "PUT", path, query, body: "1" });
      assert.equal(tag(reply.text, "Code"), "NoSuchUpload");
    }
  }
  at.mustBeUntouched();
});

/** Where a link may be put: below the folder of S3, and what it stands for. */
async function withLink(
  name: string,
  target: string,
  then: (s3: TestS3) => Promise<void>,
  more: (dir: string) => void = () => {},
) {
  await using at = await startFenced();
  await send(at.s3.port, { method: "PUT", path: `/${bucket}/first`, body: "1" });
  await send(at.s3.port, { method: "PUT", path: `/${bucket}/Escaped`, body: "1" });
  more(at.s3.dir);
  Deno.symlinkSync(`${at.outer}/${target}`, `${at.s3.dir}/${name}`);
  await then(at.s3);
  at.mustBeUntouched();
}

const quiet = (work: () => Promise<void>) => async () => {
  const told = console.error;
  console.error = () => {};
  try {
    await work();
  } finally {
    console.error = told;
  }
};

Deno.test("a linked folder in a bucket is not followed: its keys are not there, and new ones lie elsewhere", async () => {
  for (const target of ["data/kafka", "nowhere"]) {
    await withLink(`${bucket}/link`, target, async (s3) => {
      const path = `/${bucket}/link/topics.json`;
      assert.equal((await send(s3.port, { method: "GET", path })).status, 404);
      assert.equal((await send(s3.port, { method: "DELETE", path })).status, 204);
      const query = { prefix: "link/" };
      const listed = await send(s3.port, { method: "GET", path: `/${bucket}`, query });
      assert.equal(tag(listed.text, "Key"), undefined);
      const deep = `/${bucket}/link/new/deep`;
      for (const one of [path, deep]) {
        assert.equal((await send(s3.port, { method: "PUT", path: one, body: "mine" })).status, 200);
        assert.equal((await send(s3.port, { method: "GET", path: one })).text, "mine");
      }
      const all = await send(s3.port, { method: "GET", path: `/${bucket}`, query });
      assert.equal(all.text.match(/<Key>/g)?.length, 2);
    });
  }
});

Deno.test("a linked file in a bucket is no object, and a PUT of its key replaces the link", async () => {
  for (const target of ["passwd", "nowhere"]) {
    await withLink(`${bucket}/link`, target, async (s3) => {
      const path = `/${bucket}/link`;
      assert.equal((await send(s3.port, { method: "GET", path })).status, 404);
      const listed = await send(s3.port, { method: "GET", path: `/${bucket}` });
      assert.ok(!listed.text.includes("<Key>link</Key>"));
      assert.equal((await send(s3.port, { method: "PUT", path, body: "mine" })).status, 200);
      assert.equal((await send(s3.port, { method: "GET", path })).text, "mine");
      assert.ok(Deno.lstatSync(`${s3.dir}/${bucket}/link`).isFile);
    });
  }
});

Deno.test("a linked folder beside the buckets is no bucket, and its name is not available", async () => {
  await withLink("linked", "data/kafka", async (s3) => {
    const get = await send(s3.port, { method: "GET", path: "/linked/topics.json" });
    assert.equal(tag(get.text, "Code"), "NoSuchBucket");
    const made = await send(s3.port, { method: "PUT", path: "/linked" });
    assert.equal(tag(made.text, "Code"), "BucketAlreadyExists");
    const listed = await send(s3.port, { method: "GET", path: "/" });
    assert.ok(!listed.text.includes("linked"));
  });
});

Deno.test(
  "links in place of the simulator's own folders are an InternalError while it runs, and nothing goes through them",
  quiet(async () => {
    for (const name of [".meta/.tmp", `.meta/${bucket}`, ".meta/.uploads"]) {
      await withLink(name, "data/kafka", async (s3) => {
        const path = `/${bucket}/second`;
        const request = name.endsWith("uploads")
          ? { method: "POST", path, query: { uploads: "" } }
          : { method: "PUT", path, body: "2" };
        assert.equal((await send(s3.port, request)).status, 500, name);
      }, (dir) => Deno.removeSync(`${dir}/${name}`, { recursive: true }));
    }
    await withLink(`.escaped/${bucket}`, "data/kafka", async (s3) => {
      for (const method of ["GET", "DELETE"]) {
        const reply = await send(s3.port, { method, path: `/${bucket}/Topics.json` });
        assert.ok([404, 204].includes(reply.status));
      }
      const put = await send(s3.port, { method: "PUT", path: `/${bucket}/Second`, body: "2" });
      assert.equal(put.status, 500);
    }, (dir) => Deno.removeSync(`${dir}/.escaped/${bucket}`, { recursive: true }));
  }),
);

Deno.test("a start refuses links in place of the simulator's own folders", async () => {
  for (const name of [".meta", ".meta/.tmp", ".meta/.uploads", ".escaped"]) {
    const outer = Deno.makeTempDirSync();
    const dir = `${outer}/s3`;
    Deno.mkdirSync(`${outer}/elsewhere/.tmp`, { recursive: true });
    Deno.writeTextFileSync(`${outer}/elsewhere/.tmp/kept`, "1");
    Deno.mkdirSync(name.includes("/") ? `${dir}/.meta` : dir, { recursive: true });
    Deno.symlinkSync(`${outer}/elsewhere`, `${dir}/${name}`);
    await assert.rejects(startTestS3({ dir }), /StorageError: Cannot use .* a link is in the way/);
    assert.equal(Deno.readTextFileSync(`${outer}/elsewhere/.tmp/kept`), "1");
    Deno.removeSync(outer, { recursive: true });
  }
});

Deno.test("keys that differ in case only, or that Windows reserves, are objects of their own", async () => {
  await using at = await startFenced();
  const keys = ["a", "A", "dir/x", "DIR/x", "con", "CON", "nul.txt", "dot.", "dot", "q?", "é"];
  for (const round of ["stored", "restarted"]) {
    for (const key of keys) {
      const path = `/${bucket}/${encodeURIComponent(key)}`;
      if (round === "stored") await send(at.s3.port, { method: "PUT", path, body: `of ${key}` });
      assert.equal((await send(at.s3.port, { method: "GET", path })).text, `of ${key}`, round);
    }
    const paths = filesOf(at.s3.dir).map(([path]) => path.toLowerCase());
    assert.equal(new Set(paths).size, paths.length);
    for (const name of paths.flatMap((path) => path.split("/"))) {
      assert.doesNotMatch(name, /^(con|nul)(\.|$)|[. ]$|[<>:"|?*\\]/);
    }
    await at.s3.restart();
  }
});
