// Joins dist/src/runtime.js and what it reaches into dist/runtime/index.js, which is what `paring/runtime` leads to: one
// file instead of forty is imported in 4 ms instead of 27. The reference backend becomes a file beside it, loaded when asked for by
// name. The kernels stay outside, behind `#inference`. Usage: node scripts/bundle-runtime.mjs [distDir]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));

const bundle = await rolldown({
  input: join(dist, 'src/runtime.js'),
  external: /^#/,
  onwarn(warning) {
    throw new Error(warning.message);
  },
});
await bundle.write({
  dir: join(dist, 'runtime'),
  format: 'esm',
  // An error's name is its class's.
  minify: {
    compress: { keepNames: { class: true, function: false } },
    mangle: { keepNames: { class: true, function: false } },
  },
  entryFileNames: 'index.js',
  chunkFileNames: '[name].js',
});
await bundle.close();
