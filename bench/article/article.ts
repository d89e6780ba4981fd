/**
 * Takes the statements of the article that the project began with at their word and measures them on MNIST: `npm run
 * article`, or some experiments only: `node dist/bench/article/article.js rounding matrix`. Rewrites
 * bench/results/article.json after each experiment, and at the end the tables of docs/techniques.md. The whole run takes
 * about a quarter of an hour on one core.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { evaluate, VERSION } from '../../src/index.ts';
import { loadMnist, writeWhole } from '../../src/node/index.ts';
import * as experiments from './experiments.ts';
import { writeTables } from './tables.ts';

const all = {
  pruning: experiments.pruning,
  gradual: experiments.gradual,
  threshold: experiments.threshold,
  sharing: experiments.sharing,
  rounding: experiments.rounding,
  distilling: experiments.distilling,
  cost: experiments.cost,
  matrix: experiments.matrix,
};
type Name = keyof typeof all;

/** bench/results/article.json */
export type ArticleResults = {
  version: string;
  node: string;
  machine: string;
  testImages: number;
  /** Seconds that each experiment took. */
  seconds: Record<string, number>;
  /** Test top-1 of the nets that the experiments start from. */
  nets: { lenet: number; student: number };
} & { [K in Name]: Awaited<ReturnType<(typeof all)[K]>> };

async function main(names: readonly Name[]): Promise<void> {
  const path = fileURLToPath(new URL('../../../bench/results/article.json', import.meta.url));
  const results: Partial<ArticleResults> = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as ArticleResults)
    : {};
  const log = (text: string): void => void process.stderr.write(`${text}\n`);
  const { train, validation, test } = await loadMnist();
  const start = performance.now();
  const lenet = await experiments.trainLenet(train);
  const student = await experiments.trainStudent(train);
  const nets = { lenet: (await evaluate(lenet, test)).top1, student: (await evaluate(student, test)).top1 };
  const seconds: Record<string, number> = { ...results.seconds, nets: (performance.now() - start) / 1000 };
  log(`nets ${JSON.stringify(nets)} ${seconds.nets.toFixed(0)} s`);
  Object.assign(results, { version: VERSION, node: process.version, machine: cpus()[0].model });
  Object.assign(results, { testImages: test.length, nets });
  const shared = { train, validation, test, lenet, student, log };
  for (const name of names) {
    const from = performance.now();
    Object.assign(results, { [name]: await all[name](shared) });
    seconds[name] = (performance.now() - from) / 1000;
    log(`${name} ${seconds[name].toFixed(0)} s`);
    writeWhole(path, `${JSON.stringify({ ...results, seconds }, null, 1)}\n`);
  }
  writeTables();
}

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!Object.hasOwn(all, name))
    throw new Error(`expected experiments of ${Object.keys(all).join(', ')}, got ${name}`);
}
await main((asked.length > 0 ? asked : Object.keys(all)) as Name[]);
