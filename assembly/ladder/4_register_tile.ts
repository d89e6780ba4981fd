/**
 * Step 4, a tile in registers: 5 rows and 8 columns of C at a time. Their 40 sums stay in ten registers for the whole
 * loop over l and are stored once, at its end.
 *
 * Idea: use a value several times while it is in a register.
 *
 *                    b: 8 columns
 *                   [ b0 ][ b1 ]
 *   a: 5 rows  a0   [c00 ][c01 ]        one step of l: 2 loads of b and 5 of a
 *              a1   [c10 ][c11 ]                       10 multiplications, 10 additions
 *              a2   [c20 ][c21 ]
 *              a3   [c30 ][c31 ]        step 3 needs 20 loads and 10 stores for as much
 *              a4   [c40 ][c41 ]
 *
 * Why 5 x 8: WebAssembly engines on x86-64 have 15 registers of this kind for the kernel. Ten sums, two for b, one for a
 * and a product or two on the way fill them; with 6 x 8 some sums would have to live in memory ("spill"). The ten sums
 * also hide the time an addition takes: there is always another one to begin.
 *
 * Why it is not enough: the seven loads of a step come from six places, whole rows apart. Their addresses are computed
 * anew each step, and Node 20's V8 issues all loads first, so that even here two sums find no register left.
 *
 * `v128.load_splat<f32>(p)` loads one float into all four lanes: one instruction instead of two.
 *
 * Edges: rows and columns that fill no tile are summed one by one.
 */
export function f32_gemm_4_register_tile(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  _scratch: usize,
): void {
  assert(m > 0 && n > 0 && k > 0);
  const tallRows = m - (m % 5);
  const wideColumns = n - (n % 8);
  const lda = (<usize>k) << 2;
  const ldb = (<usize>n) << 2;
  for (let i = 0; i < tallRows; i += 5) {
    for (let j = 0; j < wideColumns; j += 8) {
      const column = (<usize>j) << 2;
      tile(k, a + <usize>i * lda, lda, b + column, ldb, c + <usize>i * ldb + column);
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < tallRows ? wideColumns : 0; j < n; j++) {
      const column = (<usize>j) << 2;
      one(k, a + <usize>i * lda, b + column, ldb, c + <usize>i * ldb + column);
    }
  }
}

/** Five rows, eight columns. */
function tile(k: i32, a: usize, lda: usize, b: usize, ldc: usize, c: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = f32x4.splat(0);
  let c11 = c10;
  let c20 = f32x4.splat(0);
  let c21 = c20;
  let c30 = f32x4.splat(0);
  let c31 = c30;
  let c40 = f32x4.splat(0);
  let c41 = c40;
  const a1 = a + lda;
  const a2 = a1 + lda;
  const a3 = a2 + lda;
  const a4 = a3 + lda;
  const end = (<usize>k) << 2;
  for (let l: usize = 0; l < end; l += 4) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let r = v128.load_splat<f32>(a + l);
    c00 = f32x4.add(c00, f32x4.mul(r, b0));
    c01 = f32x4.add(c01, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a1 + l);
    c10 = f32x4.add(c10, f32x4.mul(r, b0));
    c11 = f32x4.add(c11, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a2 + l);
    c20 = f32x4.add(c20, f32x4.mul(r, b0));
    c21 = f32x4.add(c21, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a3 + l);
    c30 = f32x4.add(c30, f32x4.mul(r, b0));
    c31 = f32x4.add(c31, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a4 + l);
    c40 = f32x4.add(c40, f32x4.mul(r, b0));
    c41 = f32x4.add(c41, f32x4.mul(r, b1));
    b += ldc;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += ldc;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += ldc;
  v128.store(c, c40);
  v128.store(c, c41, 16);
}

/** One element. */
function one(k: i32, a: usize, b: usize, ldb: usize, c: usize): void {
  let sum: f32 = 0;
  for (let l = 0; l < k; l++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += ldb;
  }
  store<f32>(c, sum);
}
