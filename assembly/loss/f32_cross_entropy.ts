// Cross-entropy against a distribution, from logits, with the gradient by the logits in the same pass.
//
//   lse = max + log(sum e^(x - max)),   log softmax(x) = x - lse
//   loss = -sum target * log softmax(x),   diff = softmax(x) * sum(target) - target
//
// logits, target and diff are f32 [rows][columns], loss is f32 [rows].
//
// Preconditions: columns > 0; diff does not overlap target or logits.
import { addLanes, high, loadPart, low, storePart } from '../math/lanes';
import { Log } from '../math/log';
import { expRow, maxRun } from './exp_row';

/** Writes loss[rows] and diff[rows][columns]; diff holds the exponentials in between. Sums are f64. */
export function f32_cross_entropy(
  logits: usize,
  target: usize,
  loss: usize,
  diff: usize,
  rows: usize,
  columns: usize,
): void {
  assert(columns > 0);
  assert(
    (target + ((rows * columns) << 2) <= diff || diff + ((rows * columns) << 2) <= target) &&
      (logits + ((rows * columns) << 2) <= diff || diff + ((rows * columns) << 2) <= logits),
  );
  const n = columns & 3;
  const fours = (columns & ~3) << 2;
  for (let row: usize = 0; row < rows; row++) {
    const top = maxRun(logits, columns);
    const sum = <f32>expRow(logits, diff, columns, top);
    // log sum e^x: the loss is sum target * (lse - x).
    const lse = f64x2.splat(<f64>f32x4.extract_lane(Log.of(f32x4.splat(sum)), 0) + <f64>top);
    let cost = f64x2.splat(0);
    let mass = cost;
    for (let i: usize = 0; i < fours; i += 16) {
      const t = v128.load(target + i);
      const x = v128.load(logits + i);
      cost = f64x2.add(cost, f64x2.mul(low(t), f64x2.sub(lse, low(x))));
      cost = f64x2.add(cost, f64x2.mul(high(t), f64x2.sub(lse, high(x))));
      mass = f64x2.add(mass, f64x2.add(low(t), high(t)));
    }
    if (n) {
      const t = loadPart(target + fours, n);
      const x = loadPart(logits + fours, n);
      cost = f64x2.add(cost, f64x2.mul(low(t), f64x2.sub(lse, low(x))));
      cost = f64x2.add(cost, f64x2.mul(high(t), f64x2.sub(lse, high(x))));
      mass = f64x2.add(mass, f64x2.add(low(t), high(t)));
    }
    store<f32>(loss, <f32>addLanes(cost));

    const factor = f32x4.splat(<f32>(addLanes(mass) / <f64>sum));
    const end = diff + fours;
    while (diff < end) {
      v128.store(diff, f32x4.sub(f32x4.mul(v128.load(diff), factor), v128.load(target)));
      diff += 16;
      target += 16;
    }
    if (n) {
      storePart(diff, f32x4.sub(f32x4.mul(loadPart(diff, n), factor), loadPart(target, n)), n);
      diff += n << 2;
      target += n << 2;
    }
    logits += columns << 2;
    loss += 4;
  }
}
