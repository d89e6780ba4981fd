/** From the numbers of a file to classes: whole, from 0, each with at least one image or a name. */
import { DataError } from '../core/errors.ts';

/** Largest number of classes a file without names may claim. */
export const MAX_CLASSES = 65_536;

/**
 * Labels as whole numbers.
 * @param classes labels must be below; default MAX_CLASSES
 * @throws DataError naming the first image whose label is negative, not whole, not a number or too large
 */
export function wholeLabels(
  values: ArrayLike<number>,
  source: string,
  classes = MAX_CLASSES,
): Uint8Array | Int32Array {
  const labels = classes <= 256 ? new Uint8Array(values.length) : new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = values[i];
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new DataError(source, `whole labels from 0 to ${classes - 1}`, `${label} at image ${i}`);
    }
    labels[i] = label;
  }
  return labels;
}

/**
 * How many classes labels without names speak of: their largest plus 1. A class without any image says that a label is
 * damaged, or that names are needed.
 * @throws DataError naming the image with the label after the gap, or if there is one class only
 */
export function countClasses(values: ArrayLike<number>, source: string): number {
  const labels = wholeLabels(values, source);
  const first = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) if (!first.has(labels[i])) first.set(labels[i], i);
  const sorted = [...first.keys()].sort((a, b) => a - b);
  const gap = sorted.findIndex((label, i) => label !== i);
  if (gap >= 0) {
    const found = `label ${sorted[gap]} at image ${first.get(sorted[gap])}, and none with ${gap}`;
    throw new DataError(source, 'labels from 0 without a gap (or a classes.txt with a name a line)', found);
  }
  if (sorted.length < 2) throw new DataError(source, 'at least two classes', `${sorted.length}`);
  return sorted.length;
}
