/**
 * Pictures of any size to one size. Along each axis the mean of the area that falls on a pixel where the picture shrinks, and
 * a straight line between neighbours where it grows. Only additions and multiplications of f64: the same bytes on every host.
 */

/** How a picture of other proportions comes to the size asked for: its middle, all of it out of proportion, all of it with 0 around. */
export type Fit = 'crop' | 'stretch' | 'pad';

/** For each target position, where in the source its weights begin; `starts[i]..starts[i+1]-1` are its entries. */
interface Weights {
  starts: Int32Array;
  positions: Int32Array;
  weights: Float64Array;
}

/**
 * @param from [channels][h][w]
 * @param to [h, w] wanted
 * @returns [channels][to[0]][to[1]]
 */
export function resize(
  from: Uint8Array,
  channels: number,
  h: number,
  w: number,
  to: readonly [number, number],
  fit: Fit,
): Uint8Array {
  const [th, tw] = to;
  if (h === th && w === tw) return from;
  if (fit === 'stretch') return sample(from, channels, h, w, [0, h], [0, w], th, tw);
  if (fit === 'crop') {
    // The largest window of the target's proportions, in the middle.
    const scale = Math.min(h / th, w / tw);
    const wh = Math.min(h, scale * th);
    const ww = Math.min(w, scale * tw);
    return sample(from, channels, h, w, [(h - wh) / 2, wh], [(w - ww) / 2, ww], th, tw);
  }
  const scale = Math.max(h / th, w / tw);
  const ih = Math.max(1, Math.min(th, Math.round(h / scale)));
  const iw = Math.max(1, Math.min(tw, Math.round(w / scale)));
  const inner = sample(from, channels, h, w, [0, h], [0, w], ih, iw);
  const out = new Uint8Array(channels * th * tw);
  const top = Math.floor((th - ih) / 2);
  const left = Math.floor((tw - iw) / 2);
  for (let row = 0; row < channels * ih; row++) {
    const c = Math.floor(row / ih);
    const at = (c * th + top + (row % ih)) * tw + left;
    out.set(inner.subarray(row * iw, (row + 1) * iw), at);
  }
  return out;
}

/** One window [start, length] along each axis to th x tw. */
function sample(
  from: Uint8Array,
  channels: number,
  h: number,
  w: number,
  rows: readonly [number, number],
  columns: readonly [number, number],
  th: number,
  tw: number,
): Uint8Array {
  const vertical = axis(rows, h, th);
  const horizontal = axis(columns, w, tw);
  const out = new Uint8Array(channels * th * tw);
  const wide = new Float64Array(h * tw);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < h; y++) {
      const row = (c * h + y) * w;
      for (let x = 0; x < tw; x++) {
        let sum = 0;
        for (let i = horizontal.starts[x]; i < horizontal.starts[x + 1]; i++) {
          sum += horizontal.weights[i] * from[row + horizontal.positions[i]];
        }
        wide[y * tw + x] = sum;
      }
    }
    for (let y = 0; y < th; y++) {
      for (let x = 0; x < tw; x++) {
        let sum = 0;
        for (let i = vertical.starts[y]; i < vertical.starts[y + 1]; i++) {
          sum += vertical.weights[i] * wide[vertical.positions[i] * tw + x];
        }
        out[(c * th + y) * tw + x] = Math.min(255, Math.floor(sum + 0.5));
      }
    }
  }
  return out;
}

/** Weights of the window [start, start + length) of `extent` pixels on `count` pixels. */
function axis([start, length]: readonly [number, number], extent: number, count: number): Weights {
  const scale = length / count;
  const starts = new Int32Array(count + 1);
  const positions: number[] = [];
  const weights: number[] = [];
  const add = (position: number, weight: number): void => {
    positions.push(Math.min(position, extent - 1));
    weights.push(weight);
  };
  for (let i = 0; i < count; i++) {
    if (scale > 1) {
      const low = start + i * scale;
      const high = Math.min(extent, low + scale);
      for (let p = Math.floor(low); p < high; p++) {
        add(p, (Math.min(p + 1, high) - Math.max(p, low)) / (high - low));
      }
    } else {
      // Pixel centres lie at half-integers.
      const centre = Math.min(Math.max(start + (i + 0.5) * scale - 0.5, 0), extent - 1);
      const p = Math.floor(centre);
      add(p, 1 - (centre - p));
      if (centre > p) add(p + 1, centre - p);
    }
    starts[i + 1] = positions.length;
  }
  return { starts, positions: Int32Array.from(positions), weights: Float64Array.from(weights) };
}
