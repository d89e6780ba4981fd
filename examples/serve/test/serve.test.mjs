// Each server of this folder, started as its reader would, asked over loopback: the right answers, a typed refusal for whatever is
// wrong and the right answer after it, and memory that stays flat over 1,000 mixed requests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { join, normalize } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import * as model from '../build/node/index.js';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const bin = (path) => here(`node_modules/${path}`);

const servers = {
  worker: (port) => [
    bin('@cloudflare/workerd-linux-64/bin/workerd'),
    ['serve', here('worker/config.capnp'), '--socket-addr', `http=127.0.0.1:${port}`],
  ],
  deno: (port) => [
    bin('@deno/linux-x64-glibc/deno'),
    [
      'run',
      '--no-prompt',
      '--allow-net=127.0.0.1',
      `--allow-read=${here('.')}`,
      here('deno/server.mjs'),
      `${port}`,
    ],
  ],
  lambda: (port) => [process.execPath, [here('lambda/local.mjs'), `${port}`]],
};

/** A picture of a one, as bytes. */
const pixels = Uint8Array.from({ length: 784 }, (_, i) => {
  const [row, column] = [Math.floor(i / 28), i % 28];
  return row >= 5 && row < 23 && column >= 13 && column < 16 ? 255 : 0;
});
const expected = { scores: [...model.run(model.normalize(pixels))] };
expected.class = model.info.classes[expected.scores.indexOf(Math.max(...expected.scores))];

const png = (options = {}) =>
  encode({ width: 28, height: 28, data: pixels, channels: 1, depth: 8, ...options });
const inRgb = () =>
  png({ channels: 3, data: Uint8Array.from({ length: 3 * 784 }, (_, i) => pixels[Math.floor(i / 3)]) });
const flipped = (at) => {
  const bytes = png().slice();
  bytes[at] ^= 255;
  return bytes;
};
const raw = 'application/octet-stream';

const good = [
  ['raw pixels', raw, pixels],
  ['a gray PNG', 'image/png', png()],
  ['an RGB PNG', 'image/png', inRgb()],
  ['a type with a parameter', 'image/png; charset=binary', png()],
];
const bad = [
  ['a body over the cap', raw, new Uint8Array(20_000), 413, 'TOO_LARGE'],
  ['a PNG over the cap', 'image/png', new Uint8Array(300_000).fill(7), 413, 'TOO_LARGE'],
  ['another type', 'text/plain', pixels, 415, 'TYPE'],
  ['a type of JSON', 'application/json', new TextEncoder().encode('{}'), 415, 'TYPE'],
  ['no picture', 'image/png', new Uint8Array(0), 400, 'IMAGE'],
  ['a picture that is none', 'image/png', pixels, 400, 'IMAGE'],
  ['half a picture', 'image/png', png().subarray(0, png().length - 30), 400, 'IMAGE'],
  ['a damaged picture', 'image/png', flipped(60), 400, 'IMAGE'],
  ['too few pixels', raw, pixels.subarray(1), 422, 'SHAPE'],
  ['too many pixels', raw, new Uint8Array(785), 422, 'SHAPE'],
  ['another size', 'image/png', png({ width: 14, height: 56 }), 422, 'SHAPE'],
];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port, child) {
  for (let left = 300; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error('the server does not listen');
}

/** Kilobytes that 1,000 requests may add once memory has settled. */
const FLAT = 6 * 1024;

/** Resident kilobytes of a process. */
const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

for (const [name, command] of Object.entries(servers)) {
  describe(name, () => {
    let child;
    let url;
    before(async () => {
      const port = await freePort();
      const [file, args] = command(port);
      child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      url = `http://127.0.0.1:${port}/`;
      await listening(port, child);
    });
    after(async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });

    async function post(type, body, path = '') {
      const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body });
      assert.match(response.headers.get('content-type'), /^application\/json/);
      return { status: response.status, json: await response.json() };
    }
    async function right() {
      assert.deepEqual(await post(raw, pixels), { status: 200, json: expected });
    }

    for (const [what, type, body] of good) {
      test(`${what}: the class, and the same scores as anywhere`, async () => {
        assert.deepEqual(await post(type, body), { status: 200, json: expected });
      });
    }

    for (const [what, type, body, status, code] of bad) {
      test(`${what}: ${status} ${code}, and the next request works`, async () => {
        const { status: got, json } = await post(type, body);
        assert.equal(json.error?.code, code, JSON.stringify(json));
        assert.equal(got, status);
        assert.ok(json.error.message.length > 5);
        await right();
      });
    }

    test('another path, another method', async () => {
      assert.equal((await post(raw, pixels, 'else')).json.error.code, 'PATH');
      const response = await fetch(url);
      assert.equal(response.status, 405);
      assert.equal((await response.json()).error.code, 'METHOD');
      await right();
    });

    // Memory takes thousands of requests to settle, and how many is the runtime's: too long and too loose for every change.
    if (process.env.PARING_QUICK) return;
    test('1,000 good and hostile requests in a row leave memory flat', async () => {
      const all = [...good, ...bad];
      const ask = async (count) => {
        for (let i = 0; i < count; i++) {
          const [, type, body, status = 200] = all[i % all.length];
          assert.equal((await post(type, body)).status, status);
        }
      };
      // A runtime lets its heap grow to a size it likes before it collects: workerd takes some 7,000 requests to get there.
      const sizes = [resident(child.pid)];
      const grown = () => sizes[sizes.length - 1] - sizes[sizes.length - 2];
      do {
        await ask(1000);
        sizes.push(resident(child.pid));
      } while (grown() > FLAT && sizes.length < 16);
      await ask(1000);
      sizes.push(resident(child.pid));
      const megabytes = sizes.map((kilobytes) => Math.round(kilobytes / 1024)).join(' ');
      console.log(`${name}: MB resident after each 1,000 requests: ${megabytes}`);
      assert.ok(grown() <= FLAT, `${grown()} kB more`);
      await right();
    });
  });
}

const chromium = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));

describe('browser', { skip: chromium ? false : 'no Chromium on this machine' }, () => {
  test('the page names a digit, refuses a picture of another size, and goes on', async () => {
    const { launch } = await import('puppeteer-core');
    const types = {
      html: 'text/html',
      js: 'text/javascript',
      mjs: 'text/javascript',
      wasm: 'application/wasm',
    };
    const server = createHttpServer((request, response) => {
      const path = normalize(new URL(request.url, 'http://localhost').pathname).replace(
        /^\/$/,
        '/index.html',
      );
      const file = path.startsWith('/model/')
        ? here(`build/browser/${path.slice(7)}`)
        : join(here('browser'), path);
      if (!existsSync(file)) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': types[file.split('.').pop()] ?? 'text/plain' });
      return response.end(readFileSync(file));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
    const browser = await launch({
      executablePath: chromium,
      args: [...args, '--disable-background-networking'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      const choose = (bytes) =>
        page.evaluate(
          (list) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(list)], 'digit.png', { type: 'image/png' }));
            const input = document.getElementById('file');
            input.files = files.files;
            document.getElementById('answer').textContent = '';
            input.dispatchEvent(new Event('change'));
          },
          [...bytes],
        );
      const said = async () => {
        await page.waitForFunction(() => document.getElementById('answer').textContent !== '');
        return page.$eval('#answer', (element) => element.textContent);
      };
      await choose(png());
      assert.equal(await said(), expected.class);
      await choose(png({ width: 14, height: 56 }));
      assert.equal(await said(), '28x28 pixels, please');
      await choose(pixels);
      assert.notEqual(await said(), expected.class);
      await choose(inRgb());
      assert.equal(await said(), expected.class);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
