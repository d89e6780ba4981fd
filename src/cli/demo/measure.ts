/**
 * One model file, measured in this process alone: read back by the runtime entry, checked on every test image, timed at
 * batch 1 and batch 32. Prints one line of JSON. Arguments: FILE accuracy|time.
 */
import { readFileSync } from 'node:fs';
import { loadMnist } from '../../node/mnist.ts';
import { load, type Model } from '../../runtime.ts';

/** What one process prints. */
export interface Accuracy {
  correct: number;
  images: number;
}
export interface Timing {
  ms1: number;
  ms32: number;
}

function top1(model: Model, images: Uint8Array, labels: ArrayLike<number>): Accuracy {
  const scores = model.predict(model.normalize(images));
  const classes = scores.length / labels.length;
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (scores[i * classes + c] > scores[i * classes + best]) best = c;
    }
    if (best === labels[i]) correct += 1;
  }
  return { correct, images: labels.length };
}

/** Median milliseconds an image over samples of at least 0.5 ms, after 150 ms of warming up. */
function timePerImage(model: Model, pixels: Float32Array): number {
  const images = model.batch;
  const size = pixels.length / images;
  const input = pixels.subarray(0, images * size);
  let runs = 0;
  const warm = performance.now();
  while (performance.now() - warm < 150) {
    model.run(input);
    runs += 1;
  }
  const repeat = Math.max(1, Math.ceil((0.5 * runs) / 150));
  const samples: number[] = [];
  const start = performance.now();
  while (performance.now() - start < 500) {
    const from = performance.now();
    for (let i = 0; i < repeat; i++) model.run(input);
    samples.push((performance.now() - from) / repeat / images);
  }
  samples.sort((a, b) => a - b);
  return samples[samples.length >> 1];
}

const [file, what] = process.argv.slice(2);
const bytes = readFileSync(file);
const { test } = await loadMnist();
if (what === 'accuracy') {
  const model = await load(bytes, { batch: 100 });
  process.stdout.write(JSON.stringify(top1(model, test.images as Uint8Array, test.labels)));
} else {
  const timing: Record<string, number> = {};
  for (const batch of [1, 32]) {
    const model = await load(bytes, { batch });
    const images = test.subset(0, batch).images as Uint8Array;
    timing[`ms${batch}`] = timePerImage(model, model.normalize(images));
  }
  process.stdout.write(JSON.stringify(timing));
}
