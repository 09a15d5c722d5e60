import assert from "node:assert/strict";
import { cutsOf, keepCut } from "../../../sim/storage/cuts.ts";

Deno.test("Cuts of a file are kept beside it, each once, and the oldest of very many go", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const path = `${dir}/file.log`;
    const one = keepCut(path, 5, new Uint8Array([1, 2]));
    assert.equal(one, `${path}.cut-5`);
    assert.equal(keepCut(path, 5, new Uint8Array([1, 2])), one);
    assert.equal(keepCut(path, 5, new Uint8Array([3])), `${path}.cut-5-2`);
    assert.deepEqual(Deno.readFileSync(one), new Uint8Array([1, 2]));
    Deno.utimeSync(one, 0, 0);
    for (let count = 0; count < 63; count++) keepCut(path, 100 + count, new Uint8Array([4]));
    assert.equal(cutsOf(path).length, 64);
    assert.ok(!cutsOf(path).includes(one));
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
