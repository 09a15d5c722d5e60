/** Runs before `main.ts` and puts the dying Worker in the place of the simulator's own. */
const Original = globalThis.Worker;

class DyingWorker extends Original {
  constructor(url: string | URL, options?: WorkerOptions) {
    const by = Deno.env.get("DIES_BY") ?? "";
    const afterMs = Deno.env.get("DIES_AFTER_MS") ?? "";
    const dying = new URL(`./dying_worker.ts?by=${by}&afterMs=${afterMs}`, import.meta.url);
    super(`${url}`.endsWith("/sim/worker.ts") ? dying : url, options);
  }
}

globalThis.Worker = DyingWorker;
