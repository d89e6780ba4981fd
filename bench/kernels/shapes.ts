/** What the names of rows say: the share of zeros, and which rows are about the same layer. */

interface Named {
  kernel: string;
  shape: string;
}

/** Share of zeros, 0..1, of a sparse kernel's weights; undefined for a dense one. */
export function zerosOf(shape: string): number | undefined {
  const percent = /, (\d+) % zeros/.exec(shape)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}

/** The layer that a shape is about, without how its weights are stored. */
const layer = (shape: string): string =>
  shape.replace(/, \d+ % zeros(, 4x1 blocks)?$/, '').replace(/ prepared$/, '');

/** The dense f32 convolution of the layer that a sparse, int8 or Winograd kernel computes otherwise. */
export function denseOf<R extends Named>(row: Named, rows: readonly R[]): R | undefined {
  if (!/^(sparseConv2d|qconv2d|winogradConv2d)$/.test(row.kernel)) return undefined;
  return rows.find(({ kernel, shape }) => kernel === 'conv2d' && layer(shape) === layer(row.shape));
}

export interface SpeedUp {
  /** With `, blocks` where the zeros come in blocks of 4x1. */
  layer: string;
  /** Share of weights that are kept. */
  density: number;
  speedUp: number;
}

/** Each sparse convolution against the dense one of its shape. */
export function speedUps(rows: readonly (Named & { ms: number })[]): SpeedUp[] {
  return rows.flatMap((row): SpeedUp[] => {
    const zeros = zerosOf(row.shape);
    const dense = denseOf(row, rows);
    if (zeros === undefined || !dense) return [];
    const name =
      dense.shape.replace(/ prepared$/, '') + (row.shape.endsWith(', 4x1 blocks') ? ', blocks' : '');
    return [{ layer: name, density: 1 - zeros, speedUp: dense.ms / row.ms }];
  });
}
