/**
 * Winograd's minimal filtering F(4x4, 3x3) for convolution, after Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks" (2016). The image is cut into tiles of 4x4 outputs, each of which sees 6x6 inputs d:
 *
 *   Y = A^T [ (G g G^T) * (B^T d B) ] A       36 multiplications instead of 144; * is element by element
 *
 * Summed over input channels, each of the 36 elements is a matrix product of its own, [co][ci] * [ci][tiles]:
 *
 *   image --B^T d B--> V[36][ci][tiles]      f32_winograd_input
 *   U[36][co][ci] * V = M[36][co][tiles]     f32_gemm_panels, U from f32_winograd_pack
 *   M --A^T m A, + bias, clamp--> y          f32_winograd_output
 *
 * Accuracy. A tile's polynomials are evaluated at 0, +-sqrt(1/2), +-sqrt(2) and infinity: points c and 1/c, after Alam et
 * al., "Winograd Convolution for Deep Neural Networks: Efficient Point Selection" (2022), here less than half the error
 * of the usual 0, +-1, +-2. To first order in u = 2^-24,
 *
 *   |error| <= 158 (ci + 20) u sum over c of max |x| over the tile's 6x6 inputs * sum over ky, kx of |weight|
 *
 * where 158 = 12.54^2 is the largest of |A^T| (|G| * |B^T| 1) in two dimensions and ci + 20 counts roundings. It is far
 * from what happens: relative to the sum of |weight||x| the root mean square is 1 u (29 and 256 channels, uniform
 * values in -1..1; the direct sum has 0.4 u) and 2 to 4 u for positive values (direct: 4 to 11 u). Note the maximum over
 * the tile: a pixel much larger than its neighbours costs them their last digits, and an infinity makes them NaN.
 *
 * This file holds the cut into tiles: a table, so that no loop tests where a row of tiles ends. Entry of tile t:
 *
 *   i32 byte offset of its first input in the frame | i32 byte offset of its first output | i32 rows | i32 columns
 *
 * Rows and columns (1..4) are the outputs that exist. Tiles of a sample come row by row, samples one after the other.
 */

/** The points of interpolation besides 0 and infinity: +-NEAR and +-FAR. */
export const NEAR: f32 = 0.70710678;
export const FAR: f32 = 2 * NEAR;

/** Outputs along each side of a tile, and inputs it sees. */
export const TILE: i32 = 4;
export const INPUTS: i32 = TILE + 2;
/** Elements of a transformed tile: as many matrix products. */
export const ELEMENTS: i32 = INPUTS * INPUTS;
/** Bytes of an entry of the table. */
export const ENTRY: usize = 16;

/** Tiles along an extent of so many outputs. */
export function tilesAlong(outputs: i32): i32 {
  return (outputs + TILE - 1) / TILE;
}

/** Rows or columns of the frame: what whole tiles see. */
export function frameExtent(outputs: i32): i32 {
  return tilesAlong(outputs) * TILE + INPUTS - TILE;
}

/** Tiles rounded up to whole panels of 8. */
export function tileEntries(tiles: i32): i32 {
  return (tiles + 7) & ~7;
}

/**
 * Fills the table for `samples` samples; the last tile is repeated to fill a panel.
 * @param frameBytes bytes from one sample to the next in the frame
 * @param outputBytes bytes from one sample to the next in y
 */
export function fillTiles(
  samples: i32,
  ho: i32,
  wo: i32,
  frameBytes: usize,
  outputBytes: usize,
  to: usize,
): void {
  const wp = frameExtent(wo);
  let tiles = 0;
  let from: usize = 0;
  let output: usize = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let y = 0; y < ho; y += TILE) {
      for (let x = 0; x < wo; x += TILE) {
        store<i32>(to, <i32>from + ((y * wp + x) << 2));
        store<i32>(to, <i32>output + ((y * wo + x) << 2), 4);
        store<i32>(to, min(TILE, ho - y), 8);
        store<i32>(to, min(TILE, wo - x), 12);
        to += ENTRY;
        tiles++;
      }
    }
    from += frameBytes;
    output += outputBytes;
  }
  for (let i = tiles; i < tileEntries(tiles); i++) {
    memory.copy(to, to - ENTRY, ENTRY);
    to += ENTRY;
  }
}
