/** Learning-rate schedules: data, and pure functions of progress that give a factor of the base learning rate. */
import { below, fields, listOf, number, oneOf, positive, type Rule, variants } from '../core/rules.ts';
import { cosPi } from './cosine.ts';

/** Fraction of the training, 0 to below 1, during which the rate rises linearly from near 0. */
interface Warmup {
  warmup?: number;
}
export type Schedule =
  | ({ kind: 'constant' } & Warmup)
  /** Multiplied by `gamma` (default 0.1) at each of `at`, fractions of the training. */
  | ({ kind: 'step'; at: readonly number[]; gamma?: number } & Warmup)
  /** Half a cosine from 1 to `floor` (default 0) over what follows the warm-up (Loshchilov and Hutter 2017, without restarts). */
  | ({ kind: 'cosine'; floor?: number } & Warmup)
  /**
   * Half a cosine up from 1/`start` (default 25) to 1 during `warmup` (default 0.3), half a cosine down to 1/(start *
   * `end`) (default 1e4) after it (Smith and Topin 2018; torch's OneCycleLR in its two-phase form, but momentum stays).
   */
  | ({ kind: 'oneCycle'; start?: number; end?: number } & Warmup);

const warmup = below(0, 1);

/** What a schedule must look like. */
export const scheduleRule: Rule = variants({
  constant: fields({ kind: oneOf('constant'), warmup }),
  step: fields({ kind: oneOf('step'), warmup, at: listOf(below(0, 1)), gamma: positive }, ['at']),
  cosine: fields({ kind: oneOf('cosine'), warmup, floor: number(0, 1) }),
  oneCycle: fields({ kind: oneOf('oneCycle'), warmup, start: positive, end: positive }),
});

/**
 * Factor of the base learning rate for one step.
 * @param step 0 to steps - 1
 * @param steps length of the training
 */
export function rateFactor(schedule: Schedule, step: number, steps: number): number {
  if (schedule.kind === 'oneCycle') return oneCycle(schedule, step, steps);
  const warm = Math.round((schedule.warmup ?? 0) * steps);
  if (step < warm) return (step + 1) / warm;
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step': {
      let factor = 1;
      for (const at of schedule.at) if (step >= at * steps) factor *= schedule.gamma ?? 0.1;
      return factor;
    }
    case 'cosine':
      return between(1, schedule.floor ?? 0, (step - warm) / Math.max(1, steps - warm));
  }
}

function oneCycle(schedule: Schedule & { kind: 'oneCycle' }, step: number, steps: number): number {
  const low = 1 / (schedule.start ?? 25);
  const last = low / (schedule.end ?? 1e4);
  // As torch has it: the peak is reached at step warmup * steps - 1 (not rounded), the lowest rate at the last step.
  const peak = (schedule.warmup ?? 0.3) * steps - 1;
  if (peak > 0 && step <= peak) return between(low, 1, step / peak);
  return between(1, last, (step - peak) / Math.max(1, steps - 1 - peak));
}

/** Half a cosine from a (t = 0) to b (t = 1). */
function between(a: number, b: number, t: number): number {
  return b + ((a - b) * (1 + cosPi(Math.min(Math.max(t, 0), 1)))) / 2;
}
