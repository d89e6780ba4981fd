// A real model through ONNX and back: a ResNet-8 that was trained on CIFAR-10 by paring (30 epochs, `paring train`) is
// exported, run by ONNX Runtime, imported again, compressed by a recipe, exported as int8 and served. Prints what it scores,
// weighs and takes at each stage. About four minutes on one core.
//   npm run example:onnx [-- --data FOLDER] [-- --out FOLDER]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as paring from 'paring';
import { fetchSet, openData } from 'paring/node';
import { exportOnnx, importOnnx } from 'paring/onnx';
import { onParing, onRuntime, onServer } from './stages.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: 'data/cifar10' },
    out: { type: 'string', default: 'out/onnx' },
  },
});

/** Four tenths of the weights go while it trains, the rest becomes int8 and learns to live with that. Minutes, not hours. */
const recipe = {
  name: 'pruned int8',
  seed: 1,
  steps: [
    {
      step: 'pruneGradually',
      options: {
        epochs: 1,
        maxSteps: 280,
        sparsity: 0.4,
        end: 0.6,
        every: 20,
        optimizer: { kind: 'adamw', lr: 0.0003, weightDecay: 0.01 },
        schedule: { kind: 'cosine' },
        augment: { shift: 4, flip: true },
      },
    },
    { step: 'quantize', options: { samples: 512 } },
    {
      step: 'finetune',
      options: {
        epochs: 1,
        maxSteps: 120,
        optimizer: { kind: 'sgd', lr: 0.002, momentum: 0.9 },
        schedule: { kind: 'cosine' },
        augment: { shift: 4, flip: true },
      },
    },
  ],
};

const log = (line) => process.stderr.write(`${line}\n`);
if (!existsSync(options.data)) await fetchSet('cifar10', { out: options.data, log });
const { train, test } = await openData(options.data);
const backend = await paring.createBackend();
mkdirSync(options.out, { recursive: true });
const write = (name, bytes) => {
  writeFileSync(join(options.out, name), bytes);
  return bytes.length;
};

const rows = [];
function row(stage, bytes, { top1, ms, ...more }, note = '') {
  rows.push({ stage, bytes, top1, ms, ...more, note });
  log(`${stage}: ${(100 * top1).toFixed(2)} %, ${bytes} bytes, ${ms.toFixed(3)} ms ${note}`);
}

const file = readFileSync(fileURLToPath(new URL('resnet8-cifar10.paring', import.meta.url)));
const graph = paring.decode(file);
row('trained, .paring', file.length, await onParing(graph, test, backend));

const float = exportOnnx(graph);
const floatBytes = write('resnet8.onnx', float);
const runtime = await onRuntime(float, graph, test, backend);
const relative = (runtime.apart / runtime.largest).toExponential(1);
row('ONNX f32 in ONNX Runtime', floatBytes, runtime, `outputs within ${relative} of the largest`);

const { graph: imported } = importOnnx(float);
row('ONNX f32 in paring', floatBytes, await onParing(imported, test, backend));

const start = performance.now();
const small = await paring.runRecipe(imported, recipe, {
  train,
  onProgress: (event) => event.kind === 'begin' && log(`recipe: ${event.step} ...`),
});
const seconds = Math.round((performance.now() - start) / 1000);
const smallFile = paring.encode(small.graph);
const smallBytes = write('resnet8-int8.paring', smallFile);
row('compressed, .paring', smallBytes, await onParing(small.graph, test, backend), `recipe of ${seconds} s`);

const int8 = exportOnnx(small.graph);
const quantized = await onRuntime(int8, small.graph, test, backend);
const step = small.graph.activations.get(small.graph.outputs[0]).scale;
const steps = Math.round(quantized.apart / step);
const same = (100 * quantized.same).toFixed(2);
row(
  'ONNX int8 in ONNX Runtime',
  write('resnet8-int8.onnx', int8),
  quantized,
  `${same} % the same class, outputs within ${steps} step(s)`,
);

const path = join(options.out, 'resnet8-int8.paring');
row(
  'served over HTTP',
  smallBytes,
  await onServer(path, test.subset(0, 1000)),
  'the first 1,000 pictures, ms a request',
);

console.log('| stage | top-1 | bytes | ms | |\n| --- | ---: | ---: | ---: | --- |');
for (const { stage, top1, bytes, ms, note } of rows) {
  console.log(
    `| ${stage} | ${(100 * top1).toFixed(2)} % | ${bytes.toLocaleString('en')} | ${ms.toFixed(3)} | ${note} |`,
  );
}
write('result.json', JSON.stringify({ rows, recipe, node: process.versions.node }, null, 2));
