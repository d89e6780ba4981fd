/**
 * Seeded variations of an image, made while a batch is filled. What happens to an image is a pure function of (seed,
 * epoch, index of the image), so that it depends neither on batch size nor on order.
 */
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';

export interface Augmentation {
  /** Moves by up to this many pixels along each axis; what comes in from outside is 0 (raw). Default 0. */
  shift?: number;
  /** Mirrors half of the images left to right. Default false. */
  flip?: boolean;
  /**
   * Cuts a random window of at least this fraction of each side, below 1, and stretches it back over the image, bilinearly. 1
   * (default) leaves images whole.
   */
  crop?: number;
}

/** What to do to one image. */
export interface Transform {
  /** Pixels to the right and downwards. */
  dx: number;
  dy: number;
  flip: boolean;
  /** Window in pixels: its corner and its extents. */
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Random values set aside for an image: more than one transform draws. */
const DRAWS = 8;

/** @throws ArgumentError if an option is out of range */
export function checkAugmentation({ shift = 0, crop = 1 }: Augmentation, h: number, w: number): void {
  if (!Number.isInteger(shift) || shift < 0 || shift >= Math.min(h, w)) {
    throw new ArgumentError('augment', 'shift', `a whole number from 0 to ${Math.min(h, w) - 1}`, shift);
  }
  if (!(crop > 0 && crop <= 1)) throw new ArgumentError('augment', 'crop', 'a fraction in (0, 1]', crop);
}

/** Draws the transforms of one epoch. */
export class Augmenter {
  private readonly options: Required<Augmentation>;
  private readonly rng: Rng;
  private readonly h: number;
  private readonly w: number;

  constructor(options: Augmentation, seed: number, epoch: number, h: number, w: number) {
    checkAugmentation(options, h, w);
    this.options = { shift: options.shift ?? 0, flip: options.flip ?? false, crop: options.crop ?? 1 };
    this.rng = new Rng(seed).fork(`augment:${epoch}`);
    this.h = h;
    this.w = w;
  }

  /** The transform of image `index`. */
  draw(index: number): Transform {
    const { rng, options, h, w } = this;
    rng.counter = index * DRAWS;
    const steps = 2 * options.shift + 1;
    const dx = Math.floor(rng.uniform() * steps) - options.shift;
    const dy = Math.floor(rng.uniform() * steps) - options.shift;
    const flip = rng.uniform() < 0.5 && options.flip;
    const fraction = options.crop + (1 - options.crop) * rng.uniform();
    const height = h * fraction;
    const width = w * fraction;
    return {
      dx,
      dy,
      flip,
      height,
      width,
      top: (h - height) * rng.uniform(),
      left: (w - width) * rng.uniform(),
    };
  }
}

/**
 * Writes one plane [h][w], transformed, through a table of normalised values.
 * @param table f32 by pixel value, 256 entries
 */
export function transformPlane(
  from: Uint8Array,
  offset: number,
  h: number,
  w: number,
  t: Transform,
  table: Float32Array,
  to: Float32Array,
  at: number,
): void {
  if (t.height === h && t.width === w) movePlane(from, offset, h, w, t, table, to, at);
  else stretchPlane(from, offset, h, w, t, table, to, at);
}

/** Shift and flip only: whole pixels. */
function movePlane(
  from: Uint8Array,
  offset: number,
  h: number,
  w: number,
  { dx, dy, flip }: Transform,
  table: Float32Array,
  to: Float32Array,
  at: number,
): void {
  const outside = table[0];
  for (let y = 0; y < h; y++) {
    const row = y - dy;
    const inside = row >= 0 && row < h;
    for (let x = 0; x < w; x++) {
      const column = flip ? w - 1 - (x - dx) : x - dx;
      to[at++] = inside && column >= 0 && column < w ? table[from[offset + row * w + column]] : outside;
    }
  }
}

/** A window stretched over the plane, then moved: bilinear between the four pixels around each source point. */
function stretchPlane(
  from: Uint8Array,
  offset: number,
  h: number,
  w: number,
  t: Transform,
  table: Float32Array,
  to: Float32Array,
  at: number,
): void {
  const outside = table[0];
  const scaleY = t.height / h;
  const scaleX = t.width / w;
  for (let y = 0; y < h; y++) {
    const row = y - t.dy;
    // Pixel centres lie at half-integers; clamping to the window's image keeps all four neighbours inside.
    const sy = clamp(t.top + (row + 0.5) * scaleY - 0.5, 0, h - 1);
    const y0 = Math.min(Math.floor(sy), h - 2);
    const fy = sy - y0;
    for (let x = 0; x < w; x++) {
      const column = t.flip ? w - 1 - (x - t.dx) : x - t.dx;
      if (row < 0 || row >= h || column < 0 || column >= w) {
        to[at++] = outside;
        continue;
      }
      const sx = clamp(t.left + (column + 0.5) * scaleX - 0.5, 0, w - 1);
      const x0 = Math.min(Math.floor(sx), w - 2);
      const fx = sx - x0;
      const p = offset + y0 * w + x0;
      const upper = table[from[p]] * (1 - fx) + table[from[p + 1]] * fx;
      const lower = table[from[p + w]] * (1 - fx) + table[from[p + w + 1]] * fx;
      to[at++] = upper * (1 - fy) + lower * fy;
    }
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
