// paring's kernels in a Benchmark.js suite: node examples/bench-benchmarkjs.mjs [part of a name] [seconds a kernel]
import Benchmark from 'benchmark';
import { kernelBenchCases } from 'paring/bench';

const [filter = 'gemm 25', seconds = '0.5'] = process.argv.slice(2);
const cases = await kernelBenchCases({ filter });
const suite = new Benchmark.Suite();

for (const kernel of cases) {
  kernel.verify(); // against the reference: nothing wrong is timed
  suite.add(kernel.name, kernel.fn, {
    maxTime: Number(seconds),
    onStart: kernel.setup,
    onComplete: kernel.teardown,
  });
}
suite.on('cycle', ({ target }) => {
  const { flops } = cases.find((kernel) => kernel.name === target.name);
  console.log(`${target}, ${((flops * target.hz) / 1e9).toFixed(1)} Gop/s`);
});
suite.on('complete', () => {
  console.log(`fastest: ${suite.filter('fastest').map('name')}`);
});
suite.run();
