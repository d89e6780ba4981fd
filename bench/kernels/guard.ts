/**
 * `npm run bench:guard [-- --filter gemm] [--stored file]`: did a kernel become slower? A short fresh run against the stored one.
 *
 * Milliseconds do not travel from one day to the next; ratios do. Compared are
 *
 * - rates over the peak probe's, for kernels that count operations;
 * - times over what the stored times lead to expect, the median over all kernels being one, for those that do not;
 * - speed-ups over the dense f32 kernel of the same shape: sparse, int8, Winograd. The plan's choices rest on them.
 *
 * What seems to have fallen is measured again, longer, with the peak probe right before and after. Only what stays fallen
 * each time is named. Exit code 1 if anything is.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchCases } from './all.ts';
import type { KernelCase } from './case.ts';
import { better, isInt8, measureCase, nameOf, peakNow } from './measure.ts';
import type { KernelResults } from './run.ts';
import { denseOf } from './shapes.ts';

/** What counts as fallen: less than nine tenths of what is stored. */
const LIMIT = 0.9;
const FIRST_MS = 60;
const AGAIN_MS = [150, 300, 600];

/** A ratio now and in the stored run; larger is better. `kernels` are what has to be measured again to know better. */
export interface Ratio {
  what: string;
  stored: number;
  fresh: number;
  kernels: string[];
}

type Row = Pick<KernelResults['rows'][number], 'kernel' | 'shape' | 'ms' | 'percentOfPeak'>;
const rowName = (row: Row): string => `${row.kernel} ${row.shape}`;
/** The ratios that both runs have. */
export function ratios(stored: readonly Row[], fresh: readonly Row[]): Ratio[] {
  const now = new Map(fresh.map((row) => [rowName(row), row]));
  const both = stored.flatMap((then) => {
    const row = now.get(rowName(then));
    return row ? [{ then, row }] : [];
  });
  const times = both.map(({ then, row }) => row.ms / then.ms).sort((a, b) => a - b);
  const usual = times[times.length >> 1];
  const own = both.map(({ then, row }): Ratio => {
    const kernels = [rowName(row)];
    return then.percentOfPeak > 0
      ? { what: `${kernels[0]}, % of peak`, stored: then.percentOfPeak, fresh: row.percentOfPeak, kernels }
      : { what: `${kernels[0]}, over the others`, stored: 1, fresh: (usual * then.ms) / row.ms, kernels };
  });
  const old = new Map(stored.map((row) => [rowName(row), row]));
  const pairs = both.flatMap(({ then, row }): Ratio[] => {
    const base = denseOf(row, fresh);
    const baseThen = base && old.get(rowName(base));
    if (!base || !baseThen) return [];
    return [
      {
        what: `${rowName(row)}, times as fast as conv2d`,
        stored: baseThen.ms / then.ms,
        fresh: base.ms / row.ms,
        kernels: [rowName(row), rowName(base)],
      },
    ];
  });
  return [...own, ...pairs];
}

export const fallen = (all: readonly Ratio[]): Ratio[] => all.filter((r) => r.fresh < LIMIT * r.stored);

/** The peak is that of the same moment: where the clock is slow for both, their ratio is what it was. */
async function measureRow(c: KernelCase, time: number): Promise<Row> {
  const before = await peakNow();
  const { fastest: ms } = await measureCase(c, time);
  const best = better(before, await peakNow());
  const gops = (c.ops ?? 0) / ms / 1e6;
  const percentOfPeak = (100 * gops) / (isInt8(c.primitive) ? best.i8 : best.f32);
  return { kernel: c.primitive, shape: c.shape, ms, percentOfPeak };
}

/**
 * @returns what fell, measured several times
 * @throws Error if nothing of what is stored is measured
 */
export async function guard(
  stored: KernelResults,
  cases: readonly KernelCase[],
  log: (line: string) => void,
): Promise<Ratio[]> {
  const known = new Set(stored.rows.map(rowName));
  const measured = cases.filter((c) => known.has(nameOf(c)));
  if (measured.length === 0) throw new Error('none of these kernels is in the stored run');
  const fresh = new Map<string, Row>();
  for (const c of measured) fresh.set(nameOf(c), await measureRow(c, FIRST_MS));
  let suspects = fallen(ratios(stored.rows, [...fresh.values()]));
  const { length } = ratios(stored.rows, [...fresh.values()]);
  log(`${length} ratios of ${measured.length} kernels: ${suspects.length} to be measured again`);
  for (const time of AGAIN_MS) {
    if (suspects.length === 0) break;
    const again = new Set(suspects.flatMap((s) => s.kernels));
    for (const c of measured.filter((candidate) => again.has(nameOf(candidate)))) {
      const row = await measureRow(c, time);
      const before = fresh.get(nameOf(c)) as Row;
      // The best of all rounds: whatever disturbs a kernel only takes away.
      fresh.set(nameOf(c), {
        ...row,
        ms: Math.min(row.ms, before.ms),
        percentOfPeak: Math.max(row.percentOfPeak, before.percentOfPeak),
      });
    }
    const still = new Set(suspects.map((s) => s.what));
    suspects = fallen(ratios(stored.rows, [...fresh.values()])).filter((s) => still.has(s.what));
  }
  return suspects;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { filter: { type: 'string' }, stored: { type: 'string' } } });
  const path =
    values.stored ?? fileURLToPath(new URL('../../../bench/results/kernels.json', import.meta.url));
  const stored = JSON.parse(readFileSync(path, 'utf8')) as KernelResults;
  const cases = benchCases.filter((c) => nameOf(c).includes(values.filter ?? ''));
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (stored.node !== process.version) log(`stored by Node ${stored.node}, this is ${process.version}`);
  const found = await guard(stored, cases, log);
  for (const { what, stored: then, fresh } of found) {
    const share = ((100 * fresh) / then - 100).toFixed(0);
    log(`fell: ${what}: ${then.toFixed(2)} to ${fresh.toFixed(2)} (${share} %)`);
  }
  log(found.length === 0 ? 'nothing fell by more than 10 %' : `${found.length} fell by more than 10 %`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
