/**
 * `deno task bench [NAME…]`: every benchmark in a process of its own, so that the memory of one
 * is not another's. Each prints its figures beside a floor or a peer of the same run.
 */
const folder = new URL(".", import.meta.url);
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-read", "--allow-write", "--allow-run"],
];

const all = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name))
  .filter((name) => name.endsWith("_bench.ts"))
  .map((name) => name.slice(0, -"_bench.ts".length))
  .sort();
const wanted = Deno.args.length > 0 ? Deno.args : all;
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  Deno.exit(2);
}
let failed = 0;
for (const name of wanted) {
  console.log(`\n== ${name}`);
  const script = new URL(`${name}_bench.ts`, folder).pathname;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, script],
    stdin: "null",
  }).spawn().status;
  if (code !== 0) failed++;
}
Deno.exit(failed === 0 ? 0 : 1);
