// npm run test:runtimes [-- --quick]: the packed tarball in every runtime there is. Each must give the same hash over scores and
// trained weights. Says which ran, which could not and why; a whole run writes bench/results/runtimes.json and the table in README.md.
// --quick: without Firefox and WebKitGTK, nothing written: what CI runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

await import('../../scripts/setup.mjs');
const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const quick = process.argv.includes('--quick');
if (!existsSync(join(here, 'node_modules/puppeteer-core'))) {
  const command = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', command, { cwd: here, stdio: ['ignore', 2, 2] });
}
if (!quick && process.getuid?.() === 0) installFromDebian();
const { bundles } = await import('./bundles.mjs');
const { runtimes } = await import('./runtimes.mjs');

/** Browsers that are missing and that the system's package manager has. */
function installFromDebian() {
  const wanted = {
    chromium: 'chromium',
    'firefox-esr': 'firefox-esr',
    WebKitWebDriver: 'webkit2gtk-driver',
    Xvfb: 'xvfb',
  };
  const missing = Object.keys(wanted).filter((command) => spawnSync('which', [command]).status !== 0);
  if (missing.length === 0) return;
  const apt = (...args) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=400', '-qq', ...args], { stdio: ['ignore', 2, 2] });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing.map((command) => wanted[command]));
}

const folder = mkdtempSync(join(tmpdir(), 'paring-runtimes-'));
const results = [];
try {
  const kit = await bundles(root, here, folder);
  for (const { name, run, slow } of runtimes(here, kit)) {
    if (quick && slow) continue;
    const begin = performance.now();
    const result = { name };
    try {
      const outcome = await run();
      if (outcome.missing) result.missing = outcome.missing;
      else Object.assign(result, outcome);
    } catch (error) {
      result.error = error.message.trim();
    }
    result.seconds = (performance.now() - begin) / 1000;
    results.push(result);
    const { hash, missing, error, version = '', startMs, inferMs, seconds } = result;
    const times =
      hash &&
      `start ${startMs.toFixed(1)} ms, inference ${inferMs.toFixed(3)} ms, ${seconds.toFixed(1)} s in all`;
    console.log(
      `${name} ${version}: ${hash ? `${hash.slice(0, 16)} ${times}` : missing ? `not here: ${missing}` : `FAILED: ${error}`}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const ran = results.filter(({ hash }) => hash);
const hashes = new Set(ran.map(({ hash }) => hash));
const failed = results.filter(({ error }) => error);
const others = ran.filter(({ backend }) => backend !== 'wasm');
const good = ran.length > 0 && hashes.size === 1 && failed.length === 0 && others.length === 0;
if (good && !quick) {
  const host = { cpu: cpus()[0].model, cores: cpus().length };
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/runtimes.json'), `${JSON.stringify({ host, results }, null, 2)}\n`);
  writeTable(ran, [...hashes][0]);
}
console.log(`\n${ran.length} passed, ${failed.length + others.length + (hashes.size > 1 ? 1 : 0)} failed`);
process.exit(good ? 0 : 1);

function writeTable(rows, hash) {
  const path = join(root, 'README.md');
  const readme = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- runtimes:begin -->', '<!-- runtimes:end -->'];
  const [before, rest] = readme.split(begin);
  if (!rest?.includes(end)) throw new Error(`README.md has no ${begin} ... ${end}`);
  const lines = rows.map(
    ({ name, version, startMs, inferMs }) =>
      `| ${name} ${version} | ${startMs.toFixed(0)} | ${inferMs.toFixed(2)} | \`${hash.slice(0, 12)}\` |`,
  );
  const table = [
    '| runtime | load and first inference, ms | inference, ms | SHA-256 |',
    '| --- | ---: | ---: | --- |',
    ...lines,
  ];
  const after = rest.slice(rest.indexOf(end));
  writeFileSync(path, `${before}${begin}\n${table.join('\n')}\n${after}`);
}
