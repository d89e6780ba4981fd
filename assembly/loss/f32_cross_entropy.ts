// Cross-entropy against a distribution, from logits, with the gradient by the logits in the same pass.
//
//   log softmax(x) = x - max - log(sum e^(x - max))
//   loss = -sum target * log softmax(x),   diff = softmax(x) * sum(target) - target
import { loadPart, storePart } from '../math/lanes';
import { log } from '../math/log';
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
  const n = columns & 3;
  for (let row: usize = 0; row < rows; row++) {
    const top = maxRun(logits, columns);
    const sum = <f32>expRow(logits, diff, columns, top);
    const logSum = <f64>f32x4.extract_lane(log(f32x4.splat(sum)), 0);
    let cost: f64 = 0;
    let weight: f64 = 0;
    for (let i: usize = 0; i < columns << 2; i += 4) {
      const t = <f64>load<f32>(target + i);
      weight += t;
      cost += t * (logSum - (<f64>load<f32>(logits + i) - <f64>top));
    }
    store<f32>(loss, <f32>cost);

    const factor = f32x4.splat(<f32>(weight / <f64>sum));
    const end = diff + ((columns & ~3) << 2);
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
