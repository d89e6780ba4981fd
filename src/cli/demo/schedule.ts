/** Jobs that depend on each other, run side by side in a fixed number of slots. */

export interface Job {
  name: string;
  /** Names of the jobs whose result this one reads. */
  after: readonly string[];
  /** About how long it takes, in any unit. Default 0. */
  cost?: number;
}

/**
 * Runs every job once, at most `slots` at a time, each after the jobs it depends on; of those that are ready the one with the
 * costliest chain before the end starts first, and among equals the one that comes first in the list. The first failure stops
 * new jobs from starting and is thrown once those that run have ended.
 * @throws Error if a job waits for one that is not in the list, or the jobs wait for each other
 */
export async function runJobs<J extends Job>(
  jobs: readonly J[],
  slots: number,
  run: (job: J) => Promise<void>,
): Promise<void> {
  const names = new Set(jobs.map((job) => job.name));
  for (const job of jobs) {
    const missing = job.after.find((name) => !names.has(name));
    if (missing) throw new Error(`job '${job.name}' waits for '${missing}', which is not in the list`);
  }
  const waiting = byChain(jobs);
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  while (running.size > 0 || (waiting.length > 0 && failures.length === 0)) {
    while (running.size < slots && failures.length === 0) {
      const next = waiting.findIndex((job) => job.after.every((name) => done.has(name)));
      if (next < 0) break;
      const [job] = waiting.splice(next, 1);
      const work = run(job)
        .then(() => {
          done.add(job.name);
        })
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          running.delete(job.name);
        });
      running.set(job.name, work);
    }
    if (running.size === 0) {
      if (failures.length > 0) break;
      throw new Error(`jobs wait for each other: ${waiting.map((job) => job.name).join(', ')}`);
    }
    await Promise.race(running.values());
  }
  if (failures.length > 0) throw failures[0];
}

/** The jobs by the cost of the costliest chain that each begins, the largest first. */
function byChain<J extends Job>(jobs: readonly J[]): J[] {
  const chains = new Map<string, number>();
  // As often as a chain can be long: costs then have come from its end to its beginning.
  for (const _ of jobs) {
    for (const { name, cost = 0 } of jobs) {
      const next = jobs.filter(({ after }) => after.includes(name)).map((job) => chains.get(job.name) ?? 0);
      chains.set(name, cost + Math.max(0, ...next));
    }
  }
  const chain = ({ name }: J): number => chains.get(name) as number;
  return [...jobs].sort((a, b) => chain(b) - chain(a));
}
