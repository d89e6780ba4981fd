/**
 * y[n][co][ho][wo] = clamp(bias[co] + sum over c, ky, kx of weight[co][c][ky][kx] x[n][c][oy + ky - padT][ox + kx -
 * padL]): the 3x3 convolution with stride 1, dilation 1 and one group, by Winograd's F(4x4, 3x3) (see
 * f32_winograd_tiles for the method). 4 times fewer multiplications than f32_conv2d for whole tiles.
 *
 * Tiles are taken in blocks whose transforms stay in the second-level cache. Blocks do not cross samples unless a
 * block holds whole ones. An output's arithmetic does not depend on the block it is in, nor on n.
 */
import { blockOfK, packedRows, START_LOAD, START_ZERO, TILE_BYTES } from '../gemm/blocking';
import { f32_gemm_panels } from '../gemm/f32_gemm_panels';
import { f32_pack_a_bytes } from '../gemm/f32_pack_a';
import { f32_winograd_input, INPUT_SCRATCH, OVERREAD } from './f32_winograd_input';
import { f32_winograd_output, OUTPUT_SCRATCH } from './f32_winograd_output';
import {
  ELEMENTS,
  ENTRY,
  fillTiles,
  frameExtent,
  INPUTS,
  TILE,
  tileEntries,
  tilesAlong,
} from './f32_winograd_tiles';
import { f32_copy_into_frame, zero } from './window';

/** Floats of transformed inputs and outputs that a block of tiles may take. */
const BLOCK: i32 = 1 << 17;
/** Most tiles of a block. */
const MOST_TILES: i32 = 64;

/** Tiles transformed at a time: whole panels of 8. */
function blockOfTiles(ci: i32, co: i32): i32 {
  return min(MOST_TILES, max(16, (BLOCK / (ELEMENTS * (blockOfK(ci) + co))) & ~7));
}

/** Samples whose tiles are taken together: as many as a block holds, at least one. */
function samplesAtOnce(n: i32, ci: i32, co: i32, tiles: i32): i32 {
  return min(n, max(1, blockOfTiles(ci, co) / tiles));
}

/** Rows of the frame: those that the tiles of a block see, of one channel. */
function frameRows(ho: i32, wo: i32, block: i32): i32 {
  const rowsOfTiles = (block - 2 + tilesAlong(wo)) / tilesAlong(wo) + 1;
  return min(frameExtent(ho), rowsOfTiles * TILE + INPUTS - TILE);
}

/** Bytes of the frame of so many samples: whole cache lines, so that what follows it is aligned. */
function frameBytes(samples: i32, ho: i32, wo: i32, block: i32): usize {
  const floats = samples * frameRows(ho, wo, block) * frameExtent(wo);
  return (((<usize>floats) << 2) + OVERREAD + 63) & ~63;
}

/** Bytes from one element's panels to the next: an odd number of cache lines, lest 36 of them fall into one set. */
function elementBytes(kc: i32, block: i32): usize {
  return ((((<usize>(kc * block)) << 2) + 63) & ~63) | 64;
}

/** Scratch of f32_winograd_conv2d. */
export function f32_winograd_conv2d_scratch(n: i32, ci: i32, co: i32, ho: i32, wo: i32): usize {
  const tiles = tilesAlong(ho) * tilesAlong(wo);
  const samples = samplesAtOnce(n, ci, co, tiles);
  const entries = tileEntries(samples * tiles);
  const block = min(blockOfTiles(ci, co), entries);
  return (
    <usize>entries * ENTRY +
    frameBytes(samples, ho, wo, block) +
    elementBytes(blockOfK(ci), block) * ELEMENTS +
    ((<usize>(ELEMENTS * co) * <usize>block) << 2) +
    INPUT_SCRATCH +
    OUTPUT_SCRATCH +
    TILE_BYTES
  );
}

/**
 * @param x f32 [n][ci][h][w]
 * @param packed the weights as f32_winograd_pack packs them
 * @param bias f32 [co], or 0
 * @param y f32 [n][co][ho][wo]
 * @param scratch f32_winograd_conv2d_scratch bytes
 */
export function f32_winograd_conv2d(
  n: i32,
  ci: i32,
  h: i32,
  w: i32,
  co: i32,
  ho: i32,
  wo: i32,
  padT: i32,
  padL: i32,
  x: usize,
  packed: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
  scratch: usize,
): void {
  assert(n > 0 && ci > 0 && co > 0 && ho > 0 && wo > 0);
  const tiles = tilesAlong(ho) * tilesAlong(wo);
  const samples = samplesAtOnce(n, ci, co, tiles);
  const entries = tileEntries(samples * tiles);
  const block = min(blockOfTiles(ci, co), entries);
  const step = blockOfK(ci);
  const element = elementBytes(step, block);
  const hp = frameRows(ho, wo, block);
  const wp = frameExtent(wo);
  const pitch = (<usize>wp) << 2;
  const plane = <usize>hp * pitch;
  const planeOfX = (<usize>(h * w)) << 2;
  const sampleOfX = <usize>ci * planeOfX;
  const planeOfY = (<usize>(ho * wo)) << 2;
  const sampleOfY = <usize>co * planeOfY;
  const ldm = (<usize>(ELEMENTS * block)) << 2;
  const columnOfWeights = (<usize>packedRows(co)) << 2;
  const elementOfWeights = f32_pack_a_bytes(co, ci);

  const table = scratch;
  const frame = table + <usize>entries * ENTRY;
  const v = frame + frameBytes(samples, ho, wo, block);
  const m = v + element * ELEMENTS;
  const inputs = m + <usize>co * ldm;
  const outputs = inputs + INPUT_SCRATCH;
  const tile = outputs + OUTPUT_SCRATCH;
  fillTiles(samples, ho, wo, plane, sampleOfY, table);

  for (let sample = 0; sample < n; sample += samples) {
    const here = min(samples, n - sample);
    for (let t = 0; t < here * tiles; t += block) {
      const count = min(block, here * tiles - t);
      const columns = (count + 3) & ~3;
      const entry = table + <usize>t * ENTRY;
      // The frame begins with the row that the block's first tile sees first.
      const top = (t / tilesAlong(wo)) * TILE;
      zero(frame, <usize>samples * plane);
      for (let k = 0; k < ci; k += step) {
        const kc = min(step, ci - k);
        const panel = (<usize>kc) << 5;
        for (let i = 0; i < kc; i++) {
          let channel = x + <usize>(k + i) * planeOfX;
          for (let s = 0; s < here; s++) {
            f32_copy_into_frame(1, h, w, padT - top, padL, 1, 1, hp, wp, channel, frame + <usize>s * plane);
            channel += sampleOfX;
          }
          const from = frame - <usize>top * pitch;
          f32_winograd_input(columns, from, pitch, entry, v + ((<usize>i) << 5), panel, element, inputs);
        }
        const start = k > 0 ? START_LOAD : START_ZERO;
        let weights = packed + <usize>k * columnOfWeights;
        let c = m;
        for (let q: usize = 0; q < <usize>ELEMENTS; q++) {
          f32_gemm_panels(
            co,
            columns,
            kc,
            weights,
            v + q * element,
            c,
            ldm,
            start,
            c,
            ldm,
            -Infinity,
            Infinity,
            tile,
          );
          weights += elementOfWeights;
          c += (<usize>block) << 2;
        }
      }
      f32_winograd_output(count, block, co, m, (<usize>wo) << 2, planeOfY, entry, bias, y, lo, hi, outputs);
    }
    x += <usize>here * sampleOfX;
    y += <usize>here * sampleOfY;
  }
}
