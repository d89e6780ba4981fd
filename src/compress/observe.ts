/**
 * Observers: what range of real numbers an activation's 256 codes should span, from the values it takes on a calibration
 * set. A wide range clips nothing but has coarse steps; a narrow one clips outliers and is finer for the rest.
 */
import { ArgumentError } from '../core/errors.ts';

/**
 * - `minMax`         the smallest and the largest value seen;
 * - `movingAverage`  each batch's minimum and maximum, averaged exponentially (Jacob et al. 2018), so that one odd batch
 *                    counts little;
 * - `percentile`     the range that holds the middle part of all values, outliers clipped at both ends.
 */
export type ObserverKind = 'minMax' | 'movingAverage' | 'percentile';

export interface Range {
  low: number;
  high: number;
}

export interface Observer {
  /** Times the calibration set is shown: a percentile needs the extremes first. */
  readonly passes: number;
  /** One batch's values, and their extremes. `pass` counts from 0. */
  see(pass: number, values: Float32Array, extremes: Range): void;
  range(): Range;
}

/** Bins of the histogram of a percentile: its ends are exact to a 2048th of the full range. */
const BINS = 2048;

/** Weight of the past in a moving average over batches. */
const MEMORY = 0.9;

/**
 * @param percentile per cent of the values below the upper end (and above the lower), in (50, 100]
 * @throws ArgumentError for an unknown kind or a percentile out of range
 */
export function makeObserver(kind: ObserverKind, percentile = 99.99): Observer {
  switch (kind) {
    case 'minMax':
      return minMax();
    case 'movingAverage':
      return movingAverage();
    case 'percentile':
      if (!(percentile > 50 && percentile <= 100)) {
        throw new ArgumentError('quantize', 'percentile', 'a number in (50, 100]', percentile);
      }
      return percentiles(percentile / 100);
    default:
      throw new ArgumentError('quantize', 'observer', 'minMax, movingAverage or percentile', kind);
  }
}

function minMax(): Observer {
  const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  return {
    passes: 1,
    see(_pass, _values, extremes) {
      range.low = Math.min(range.low, extremes.low);
      range.high = Math.max(range.high, extremes.high);
    },
    range: () => range,
  };
}

function movingAverage(): Observer {
  let range: Range | undefined;
  return {
    passes: 1,
    see(_pass, _values, { low, high }) {
      range = range
        ? {
            low: MEMORY * range.low + (1 - MEMORY) * low,
            high: MEMORY * range.high + (1 - MEMORY) * high,
          }
        : { low, high };
    },
    range: () => range ?? { low: 0, high: 0 },
  };
}

function percentiles(fraction: number): Observer {
  const whole = minMax();
  const counts = new Float64Array(BINS);
  let total = 0;
  return {
    passes: 2,
    see(pass, values, extremes) {
      if (pass === 0) {
        whole.see(pass, values, extremes);
        return;
      }
      const { low, high } = whole.range();
      const bins = high > low ? BINS / (high - low) : 0;
      for (let i = 0; i < values.length; i++) {
        counts[Math.min(BINS - 1, Math.floor((values[i] - low) * bins))] += 1;
      }
      total += values.length;
    },
    range() {
      const { low, high } = whole.range();
      const width = (high - low) / BINS;
      const cut = (1 - fraction) * total;
      let first = 0;
      for (let seen = counts[0]; seen <= cut && first < BINS - 1; seen += counts[first]) first += 1;
      let last = BINS - 1;
      for (let seen = counts[last]; seen <= cut && last > first; seen += counts[last]) last -= 1;
      return { low: low + first * width, high: last === BINS - 1 ? high : low + (last + 1) * width };
    },
  };
}
