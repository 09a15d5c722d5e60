/** The simulator's Worker, in which something is thrown, or rejected, that nobody catches. */
import "../../sim/worker.ts";

const { searchParams } = new URL(import.meta.url);

setTimeout(() => {
  const error = new RangeError("Nobody catches this");
  if (searchParams.get("by") === "throwing") throw error;
  Promise.reject(error);
}, Number(searchParams.get("afterMs")));
