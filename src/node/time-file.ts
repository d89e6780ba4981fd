/**
 * Times one model file in this process alone, at batch 1 and batch 32, through the runtime entry. Run as a script with the
 * file as argument; prints one line of JSON. What a pass takes does not depend on the pixels, so they are drawn at random.
 */
import { readFileSync } from 'node:fs';
import { Rng } from '../core/rng.ts';
import { load, type Model } from '../runtime.ts';

/** Median milliseconds an image over 250 ms of samples of at least 0.5 ms, after 150 ms of warming up. */
function timePerImage(model: Model, input: Float32Array): number {
  let runs = 0;
  const warm = performance.now();
  while (performance.now() - warm < 150) {
    model.run(input);
    runs += 1;
  }
  const repeat = Math.max(1, Math.ceil((0.5 * runs) / 150));
  const samples: number[] = [];
  const start = performance.now();
  while (performance.now() - start < 250) {
    const from = performance.now();
    for (let i = 0; i < repeat; i++) model.run(input);
    samples.push((performance.now() - from) / repeat / model.batch);
  }
  samples.sort((a, b) => a - b);
  return samples[samples.length >> 1];
}

const bytes = readFileSync(process.argv[2]);
const timing: Record<string, number> = {};
for (const batch of [1, 32]) {
  const model = await load(bytes, { batch });
  const rng = new Rng(1).fork('pixels');
  const input = Float32Array.from({ length: batch * model.inputShape.reduce((a, b) => a * b, 1) }, () =>
    rng.uniform(),
  );
  timing[`ms${batch}`] = timePerImage(model, input);
}
process.stdout.write(JSON.stringify(timing));
