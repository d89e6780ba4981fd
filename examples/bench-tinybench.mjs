// paring's kernels in a tinybench suite: node examples/bench-tinybench.mjs [part of a name] [milliseconds a kernel]
import { kernelBenchCases } from 'paring/bench';
import { Bench } from 'tinybench';

const [filter = 'conv2d 5x5', time = '250'] = process.argv.slice(2);
const cases = await kernelBenchCases({ filter });
const bench = new Bench({ time: Number(time), throws: true });

for (const kernel of cases) {
  kernel.verify(); // against the reference: nothing wrong is timed
  bench.add(kernel.name, kernel.fn, { beforeAll: kernel.setup, afterAll: kernel.teardown });
}
await bench.run();

for (const kernel of cases) {
  const { latency } = bench.getTask(kernel.name).result;
  const gflops = kernel.flops / latency.p50 / 1e6;
  console.log(`${kernel.name}: ${latency.p50.toFixed(4)} ms, ${gflops.toFixed(1)} Gop/s`);
}
