import { expect, test } from 'vitest';
import { type Job, runJobs } from '../../src/cli/demo/schedule.ts';

const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('jobs start after what they wait for, in list order, within the slots', async () => {
  const jobs: Job[] = [
    { name: 'a', after: [] },
    { name: 'b', after: ['a'] },
    { name: 'c', after: [] },
    { name: 'd', after: ['b', 'c'] },
  ];
  const events: string[] = [];
  let running = 0;
  let most = 0;
  await runJobs(jobs, 2, async (job) => {
    running += 1;
    most = Math.max(most, running);
    events.push(`+${job.name}`);
    await tick(job.name === 'c' ? 30 : 5);
    events.push(`-${job.name}`);
    running -= 1;
  });
  expect(most).toBe(2);
  expect(events.slice(0, 2)).toEqual(['+a', '+c']);
  expect(events.indexOf('+b')).toBeGreaterThan(events.indexOf('-a'));
  expect(events.slice(-2)).toEqual(['+d', '-d']);
});

test('of what is ready, the costliest chain starts first', async () => {
  const jobs: Job[] = [
    { name: 'base', after: [], cost: 5 },
    { name: 'small', after: ['base'], cost: 2 },
    { name: 'large', after: ['base'], cost: 4 },
    { name: 'chain', after: ['base'], cost: 3 },
    { name: 'end', after: ['chain'], cost: 3 },
    { name: 'apart', after: [], cost: 10 },
  ];
  const started: string[] = [];
  await runJobs(jobs, 1, async (job) => {
    started.push(job.name);
  });
  expect(started).toEqual(['base', 'apart', 'chain', 'large', 'end', 'small']);
});

test('a failure ends what follows and is thrown', async () => {
  const started: string[] = [];
  const jobs: Job[] = [
    { name: 'a', after: [] },
    { name: 'b', after: ['a'] },
  ];
  const run = async (job: Job): Promise<void> => {
    started.push(job.name);
    throw new Error(`${job.name} broke`);
  };
  await expect(runJobs(jobs, 2, run)).rejects.toThrow('a broke');
  expect(started).toEqual(['a']);
});

test('a missing job and a circle are refused', async () => {
  const nothing = async (): Promise<void> => {};
  await expect(runJobs([{ name: 'a', after: ['z'] }], 1, nothing)).rejects.toThrow("waits for 'z'");
  const circle: Job[] = [
    { name: 'a', after: ['b'] },
    { name: 'b', after: ['a'] },
  ];
  await expect(runJobs(circle, 1, nothing)).rejects.toThrow('wait for each other: a, b');
});
