/**
 * Jobs: a list of things to do, several sessions -> what came of each, told in the order of the list.
 *
 * Each session does one job at a time. A result is told as soon as all before it are told, so that
 * two runs over the same files print the same lines.
 */

export interface JobsOptions<Out> {
  /** True: no further job is begun; those that run are waited for. */
  isEnough: () => boolean;
  /** In the order of the list, nothing left out but what was never begun. */
  tell: (out: Out) => void;
}

export async function runJobs<Session, Job, Out>(
  sessions: readonly Session[],
  jobs: readonly Job[],
  work: (session: Session, job: Job) => Promise<Out>,
  { isEnough, tell }: JobsOptions<Out>,
): Promise<void> {
  const waiting = new Map<number, Out>();
  let begun = 0;
  let told = 0;
  const next = async (session: Session) => {
    while (begun < jobs.length && !isEnough()) {
      const at = begun++;
      const job = jobs[at];
      if (job === undefined) return;
      waiting.set(at, await work(session, job));
      for (let out = waiting.get(told); out !== undefined; out = waiting.get(told)) {
        waiting.delete(told++);
        tell(out);
      }
    }
  };
  await Promise.all(sessions.map(next));
}
