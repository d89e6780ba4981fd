/** Every byte of ONNX files changed in several ways: a model or a typed error, never a crash or a hang. */
import { describe, expect, test } from 'vitest';
import { ParingError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { exportOnnx } from '../../src/onnx/export.ts';
import { importOnnx } from '../../src/onnx/import.ts';
import { branchedNet, smallNet, viewsNet, withInt8 } from '../helpers/graphs.ts';

function attempt(bytes: Uint8Array): unknown {
  try {
    importOnnx(bytes);
    return undefined;
  } catch (error) {
    return error instanceof ParingError ? undefined : error;
  }
}

const int8 = () => {
  const graph = smallNet();
  const names = [...graph.inputs, ...graph.nodes].map(({ name }) => name);
  return withInt8(graph, new Map(names.map((name) => [name, { scale: 0.05, zeroPoint: 3 }])));
};

describe.each([
  ['small', smallNet],
  ['branched', branchedNet],
  ['views', viewsNet],
  ['int8', int8],
] as const)('%s', (_, make) => {
  test('one byte: another bit, all bits, cut off there', () => {
    const file = exportOnnx(make());
    const rng = new Rng(3);
    for (let at = 0; at < file.length; at++) {
      const was = file[at];
      for (const mask of [1 << rng.below(8), 255, 128]) {
        file[at] = was ^ mask;
        expect(attempt(file), `byte ${at} ^ ${mask}`).toBeUndefined();
      }
      file[at] = was;
      if (at % 7 === 0) expect(attempt(file.slice(0, at)), `cut at ${at}`).toBeUndefined();
    }
  }, 600_000);
});
