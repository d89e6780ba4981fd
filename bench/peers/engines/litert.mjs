// LiteRT.js (TensorFlow Lite with XNNPACK), one thread. It is made for browsers: its loader script is run by
// `importScripts`, which is given to it here, and its module reads files by URL.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { channelsFirst, channelsLast } from '../models/layout.mjs';

function browserGlobals() {
  globalThis.self = globalThis;
  globalThis.require = createRequire(import.meta.url);
  globalThis.importScripts = (url) => {
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    globalThis.__filename = path;
    globalThis.__dirname = path.replace(/\/[^/]*$/, '');
    runInThisContext(readFileSync(path, 'utf8'), { filename: path });
  };
}

export async function start() {
  browserGlobals();
  const { loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core');
  await loadLiteRt(fileURLToPath(new URL('../node_modules/@litertjs/core/wasm/', import.meta.url)), {
    threads: false,
  });
  return {
    async load(work, files) {
      const model = await loadAndCompile(new Uint8Array(files.read('tflite')), { accelerator: 'wasm' });
      const four = (shape) => shape.length === 4;
      const [n, c, h, w] = work.inputShape;
      const input = four(work.inputShape)
        ? new Tensor(channelsLast(files.input, work.inputShape), [n, h, w, c])
        : new Tensor(files.input, work.inputShape);
      let out;
      return {
        run: async () => {
          out?.delete();
          [out] = await model.run(input);
        },
        read: async () => {
          const raw = out.toTypedArray();
          return four(work.outputShape) ? channelsFirst(raw, work.outputShape) : raw.slice();
        },
      };
    },
  };
}
