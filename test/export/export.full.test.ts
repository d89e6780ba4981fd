/** Every model of the registry, exported: the bits of `paring/runtime`. */
import { expect, test } from 'vitest';
import { exportModel } from '../../src/export/index.ts';
import { encode } from '../../src/format/index.ts';
import { modelByName, modelNames } from '../../src/nn/registry.ts';
import { exportKit } from '../../src/node/export.ts';
import { loadSync } from '../../src/runtime.ts';
import { sampleInput } from '../helpers/graphs.ts';

const kit = exportKit();

test.each(modelNames)('$name', async ({ name, inputShape, classes }) => {
  const graph = modelByName(name, { inputShape, classes });
  const { files } = exportModel(graph, kit, { target: 'module', maxBytes: 2 ** 30 });
  const [code] = files.values();
  const aot = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  const model = loadSync(encode(graph), { module: kit.inference });
  const x = sampleInput([1, ...inputShape], 1);
  expect(aot.run(x)).toEqual(model.run(x));
});
