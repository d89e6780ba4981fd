/** Jobs that depend on each other, run side by side in a fixed number of slots. */

export interface Job {
  name: string;
  /** Names of the jobs whose result this one reads. */
  after: readonly string[];
}

/**
 * Runs every job once, at most `slots` at a time, each after the jobs it depends on; of those that are ready the one that
 * comes first in the list starts first. The first failure stops new jobs from starting and is thrown once those that run
 * have ended.
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
  const waiting = [...jobs];
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
