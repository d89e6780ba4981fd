import { readFileSync, writeFileSync } from 'node:fs';
import * as paring from 'paring';
import { loadMnist } from 'paring/mnist';

const mnist = await loadMnist();
const train = mnist.train.subset(0, 6400); // a taste of it: minutes become seconds
const backend = await paring.createBackend();

const trained = await paring.fit(paring.lenet5(), train, paring.lenet5Training);
const scores = paring.importance(trained.graph, train, { criterion: 'fisher', samples: 500, backend });
const pruned = paring.prune(trained.graph, scores, { sparsity: 0.9, scope: 'global' });
const tuned = await paring.fit(pruned.graph, train, { epochs: 2, optimizer: { kind: 'adamw', lr: 1e-3 } });
const int8 = paring.quantize(tuned.graph, train, {}, backend);
writeFileSync('lenet5.paring', paring.encode(int8.graph));

const model = await paring.load(readFileSync('lenet5.paring'));
const { images, labels } = mnist.test;
const logits = model.predict(model.normalize(images));
let right = 0;
labels.forEach((label, i) => {
  const row = logits.subarray(10 * i, 10 * i + 10);
  if (row.indexOf(Math.max(...row)) === label) right += 1;
});
console.log(`${readFileSync('lenet5.paring').length} bytes, ${right} of ${labels.length} right`);
