import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/core/dtype.ts';
import { ShapeError } from '../../src/core/errors.ts';
import { assertShape, formatShape, sameShape, sizeOf } from '../../src/core/shape.ts';

test('sizeOf is the product, 1 for a scalar', () => {
  expect(sizeOf([2, 3, 5])).toBe(30);
  expect(sizeOf([])).toBe(1);
});

test('sameShape compares rank and extents', () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [3, 2])).toBe(false);
  expect(sameShape([2, 3], [2, 3, 1])).toBe(false);
  expect(sameShape([], [])).toBe(true);
});

test('formatShape writes it as people do', () => {
  expect(formatShape([2, 3, 28, 28])).toBe('2x3x28x28');
  expect(formatShape([])).toBe('scalar');
});

describe('assertShape', () => {
  test('takes whole extents from 1', () => {
    expect(() => assertShape('conv2d', 'x', [1, 2, 3])).not.toThrow();
    expect(() => assertShape('conv2d', 'x', [])).not.toThrow();
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 53])('refuses %d and names op, argument and shape', (extent) => {
    expect(() => assertShape('conv2d', 'x', [2, extent])).toThrow(ShapeError);
    expect(() => assertShape('conv2d', 'x', [2, extent])).toThrow(
      `conv2d: x: expected extents that are whole numbers >= 1, got 2x${extent}`,
    );
  });
});

test('bytesOf is what the typed arrays take', () => {
  expect(bytesOf).toEqual({
    f32: Float32Array.BYTES_PER_ELEMENT,
    i8: Int8Array.BYTES_PER_ELEMENT,
    u8: Uint8Array.BYTES_PER_ELEMENT,
    i32: Int32Array.BYTES_PER_ELEMENT,
  });
});
