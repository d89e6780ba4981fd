// The README's table of peers, from the JSON.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goals, judge } from './goals.mjs';

const NATIVE = 'onnxruntime-node';
const names = {
  'onnxruntime-web': 'ORT-web',
  litert: 'LiteRT.js',
  tfjs: 'tfjs',
  jax: 'jax-js',
  convnet: 'ConvNetJS',
};

const major = (row) => row.node.split('.')[0];
const quickest = (rows) => rows.reduce((best, row) => (best && best.ms <= row.ms ? best : row), undefined);
const number = (ms) => (ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3));
const rate = (row) => (row.gops ? ` (${row.gops.toFixed(row.gops < 10 ? 1 : 0)})` : '');
/** How far the slowest turn's median was above the fastest sample, in per cent. */
const spread = ({ ms, spread: [, high] }) => ((100 * (high - ms)) / ms).toFixed(0);

export function peerTable({ rows, failures, machine, versions }, works) {
  const of = (id) => rows.filter((row) => row.work === id);
  const ours = (id) => of(id).filter((row) => row.engine === 'paring');
  const hosts = [...new Set(rows.map((row) => row.node))].sort();
  // The probe's highest reading anywhere: an engine that compiles it badly lowers the reading, not the machine's peak.
  const peak = Math.max(...rows.map((row) => row.peak ?? 0));
  const runs = new Set(rows.map((row) => row.run)).size;
  const lines = works.flatMap(({ id, title }) => {
    const mine = ours(id);
    const fastest = quickest(mine);
    if (!fastest) return [];
    const peer = quickest(of(id).filter(({ engine }) => engine !== 'paring' && engine !== NATIVE));
    const native = quickest(of(id).filter(({ engine }) => engine === NATIVE));
    const goal = goals[id];
    const { aim, verdict } = goal
      ? judge(goal, fastest, { bestPeer: peer, denseRow: goal.of && quickest(ours(goal.of)), peak })
      : { aim: '', verdict: '' };
    const cells = [
      title,
      ...hosts.map((host) => {
        const row = mine.find(({ node }) => node === host);
        return row ? number(row.ms) + rate(row) : '-';
      }),
      `${spread(fastest)} %`,
      peer ? `${names[peer.engine]} ${number(peer.ms)}${rate(peer)}, Node ${major(peer)}` : '-',
      peer ? `${(peer.ms / fastest.ms).toFixed(2)}x` : '-',
      native ? number(native.ms) + rate(native) : '-',
      aim,
      verdict,
    ];
    return [`| ${cells.join(' | ')} |`];
  });
  const engineVersions = Object.entries(versions).filter(
    ([name]) => !/flatbuffers|node-linux|tinybench|tfjs-core/.test(name),
  );
  return [
    `| work | ${hosts.map((host) => `paring, Node ${host.split('.')[0]}`).join(' | ')} | spread | best WebAssembly peer | ratio | native ORT | aim | |`,
    `| --- | ${hosts.map(() => '---: |').join(' ')} ---: | --- | ---: | ---: | --- | --- |`,
    ...lines,
    '',
    `Milliseconds, in brackets Gop/s (two a multiply-accumulate); one thread, the fastest sample of all turns; spread: how far ` +
      `the median of the slowest turn was above it. ratio: the best peer on either Node over paring on either. ` +
      `${peak ? `Peak: ${peak.toFixed(1)} GFLOP/s. ` : ''}Node ${hosts.join(' and ')}; ${machine}. ${engineVersions.map(([name, v]) => `${name} ${v}`).join(', ')}.${runs > 1 ? ` The rows come from ${runs} runs.` : ''}`,
    ...notes(failures),
  ].join('\n');
}

/** What had to be left out, an engine and reason a line. */
function notes(failures) {
  const reasons = new Map();
  for (const { engine, node, reason, work } of failures) {
    const key = `${engine}${node === 'all' ? '' : ` on Node ${node}`}: ${reason}`;
    reasons.set(key, [...(reasons.get(key) ?? []), work]);
  }
  if (reasons.size === 0) return [];
  const text = [...reasons].map(
    ([key, list]) => `${key} (${list.length === 1 ? list[0] : `${list.length} works`})`,
  );
  return ['', `Not measured: ${text.join('; ')}.`];
}

/** Puts the table between the README's markers. @throws Error if they are not there */
export function writeReadme(root, results, works) {
  const path = join(root, 'README.md');
  const readme = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- peers:begin -->', '<!-- peers:end -->'];
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  const table = peerTable(JSON.parse(readFileSync(results, 'utf8')), works);
  writeFileSync(`${path}.tmp`, `${readme.slice(0, from + begin.length)}\n${table}\n${readme.slice(to)}`);
  renameSync(`${path}.tmp`, path);
}
