// A PyTorch state_dict, saved as safetensors, becomes a .paring file. The graph says in paring's words what the module of
// docs/pytorch.md says in torch's; the weights go by name.
//   node examples/pytorch/convert.mjs digits.safetensors digits.paring
import { readFileSync, writeFileSync } from 'node:fs';
import * as paring from 'paring';

/** class Digits(nn.Module) of docs/pytorch.md. */
function digits() {
  return paring
    .builder('digits', { x: [1, 28, 28] }, new paring.Rng(1))
    .conv2d('conv1', 'x', { out: 8, kernel: 3, padding: 1, bias: false })
    .batchNorm('bn1', 'conv1')
    .relu('relu1', 'bn1')
    .maxPool('pool1', 'relu1', { kernel: 2, stride: 2 })
    .conv2d('conv2', 'pool1', { out: 16, kernel: 3, padding: 1, bias: false })
    .batchNorm('bn2', 'conv2')
    .relu('relu2', 'bn2')
    .maxPool('pool2', 'relu2', { kernel: 2, stride: 2 })
    .flatten('flat', 'pool2')
    .linear('fc', 'flat', { out: 10 })
    .output('fc')
    .meta({
      input: { range: [0, 255], mean: [0.1307], deviation: [0.3081], channels: 'gray' },
      classes: [...'0123456789'],
      output: 'logits',
    })
    .build();
}

const [source, target = 'digits.paring'] = process.argv.slice(2);
if (source === undefined) {
  process.stderr.write('usage: node examples/pytorch/convert.mjs FILE.safetensors [FILE.paring]\n');
  process.exit(2);
}
try {
  const { tensors } = paring.readSafetensors(readFileSync(source));
  // nn.Linear is called `classifier` there; everything else has the same name, but for what torchName knows.
  const names = { 'fc.weight': 'classifier.weight', 'fc.bias': 'classifier.bias' };
  const graph = paring.fillGraph(digits(), tensors, { names });
  writeFileSync(target, paring.encode(graph));
  console.log(paring.summary(graph));
} catch (error) {
  if (!(error instanceof paring.ParingError)) throw error;
  process.stderr.write(`${source}: ${error.message}\n`);
  process.exitCode = 1;
}
