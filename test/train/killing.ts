/** Kills a training again and again at random moments, each time starting it anew: it must end as if nothing had happened. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { Rng } from '../../src/core/rng.ts';

const program = fileURLToPath(new URL('../helpers/train-killed.mjs', import.meta.url));

/** When to kill: so many ms after so many checkpoints. */
interface Moment {
  saves: number;
  ms: number;
}

interface Life {
  lines: string[];
  /** SHA-256 of the result, if it lived to tell. */
  done?: string;
  killed: boolean;
}

function live(path: string, moment?: Moment): Promise<Life> {
  const dist = process.env.PARING_DIST;
  const child = spawn(process.execPath, [program, path, ...(dist ? [dist] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let problems = '';
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    if (!moment || timer || text.split('saved').length - 1 < moment.saves) return;
    timer = setTimeout(() => child.kill('SIGKILL'), moment.ms);
  };
  watch();
  child.stdout.on('data', (data) => {
    text += data;
    watch();
  });
  child.stderr.on('data', (data) => {
    problems += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const lines = text.split('\n').filter((line) => line !== '');
      const done = lines.find((line) => line.startsWith('done '))?.slice(5);
      if (code === 0 || signal === 'SIGKILL') resolve({ lines, done, killed: signal === 'SIGKILL' });
      else reject(new Error(`the child ended with ${code}: ${problems}`));
    });
  });
}

/**
 * Kills `count` times and compares every result with that of an undisturbed run.
 * @returns how often it went on from a checkpoint
 */
export async function killRepeatedly(count: number, seed: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'paring-kill-'));
  const path = join(folder, 'run.checkpoint');
  try {
    const whole = await live(join(folder, 'whole.checkpoint'));
    expect(whole.done).toMatch(/^[0-9a-f]{64}$/);
    const rng = new Rng(seed);
    let kills = 0;
    let resumed = 0;
    let saved = false;
    for (;;) {
      // Now and then before anything is written, else within a few steps after some checkpoint.
      const saves = rng.below(14);
      const ms = saves === 0 ? 200 * rng.uniform() : 12 * rng.uniform();
      const { lines, done, killed } = await live(path, kills < count ? { saves, ms } : undefined);
      if (lines[0] === 'resumed') resumed += 1;
      // A checkpoint that was reported is there, whenever the process died after it.
      if (saved && lines.length > 0) expect(lines[0]).toBe('resumed');
      saved ||= lines.includes('saved');
      if (done !== undefined) expect(done).toBe(whole.done);
      if (kills === count) break;
      if (killed) kills += 1;
      if (done !== undefined) {
        // Over before the kill, or killed while it cleaned up: the next run is a new one.
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        saved = false;
      }
    }
    expect(readdirSync(folder)).toEqual([]);
    return resumed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
