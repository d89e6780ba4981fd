/** The pass that makes the fast kernels: what it joins, and what it must leave alone. */
import binaryen from 'binaryen';
import { expect, test } from 'vitest';
import { contract } from '../../scripts/contract.mjs';

/** A module of one function with three v128 locals; returns the function's text after the pass. */
function contracted(body: string, name = 'assembly/gemm/f/f'): { count: number; text: string } {
  const module = binaryen.parseText(`(module
    (memory 1)
    (func $${name} (export "f") (param $a v128) (param $b v128) (param $c v128) (result v128) ${body}))`);
  module.setFeatures(binaryen.Features.SIMD128);
  binaryen.setDebugInfo(true);
  const { wasm, count } = contract(module.emitBinary());
  return { count, text: binaryen.readBinaryWithFeatures(wasm, binaryen.Features.All).emitText() };
}

const product = '(f32x4.mul (local.get $a) (local.get $b))';

test('a sum with a product on either side becomes one instruction', () => {
  for (const body of [`(f32x4.add (local.get $c) ${product})`, `(f32x4.add ${product} (local.get $c))`]) {
    const { count, text } = contracted(body);
    expect(count).toBe(1);
    expect(text).toMatch(
      /f32x4\.relaxed_madd\s+\(local\.get \$0\)\s+\(local\.get \$1\)\s+\(local\.get \$2\)/,
    );
  }
});

test('a product taken away becomes one, too; a product from which is taken does not', () => {
  expect(contracted(`(f32x4.sub (local.get $c) ${product})`).text).toContain('f32x4.relaxed_nmadd');
  expect(contracted(`(f32x4.sub ${product} (local.get $c))`).count).toBe(0);
});

test('products within products', () => {
  const inner = `(f32x4.add (local.get $c) ${product})`;
  expect(contracted(`(f32x4.add ${inner} ${product})`).count).toBe(2);
});

test('a sum whose product writes what the sum reads keeps its order', () => {
  const writes = '(f32x4.mul (local.tee $c (local.get $a)) (local.get $b))';
  expect(contracted(`(f32x4.add (local.get $c) ${writes})`).count).toBe(0);
});

test('families that are exact by contract stay as they are', () => {
  expect(contracted(`(f32x4.add (local.get $c) ${product})`, 'assembly/quant/f/f').count).toBe(0);
});
