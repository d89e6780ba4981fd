// Bundles what `paring export` adds to a model: dist/runner/core.js (src/export/runner/core.ts) and a file for each family of
// kernels that orders weights, each a script that defines one variable, so that an exported model is put together from them
// without a bundler. Usage: node scripts/bundle-runner.mjs [distDir]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
const parts = {
  core: 'src/export/runner/core.js',
  conv: 'src/backend/wasm/conv.js',
  gemm: 'src/backend/wasm/gemm.js',
  quant: 'src/backend/wasm/quant.js',
  sparse: 'src/backend/wasm/sparse.js',
};

/** Of a family only the ordering of weights is needed: its calls of kernels are in the module already. */
const orderingAlone = {
  name: 'ordering-alone',
  transform(code, id) {
    if (!id.includes('backend/wasm')) return null;
    const cuts = [];
    const visit = (node) => {
      if (typeof node !== 'object' || node === null) return;
      const cut = node.type === 'Property' && ['primitives', 'scratch'].includes(node.key.name);
      if (cut && node.value.type === 'ObjectExpression') cuts.push(node.value);
      else for (const part of Object.values(node)) visit(part);
    };
    visit(parseAst(code));
    for (const { start, end } of cuts.reverse()) code = `${code.slice(0, start)}{}${code.slice(end)}`;
    return code;
  },
};

for (const [name, file] of Object.entries(parts)) {
  const bundle = await rolldown({
    input: join(dist, file),
    plugins: [orderingAlone],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  await bundle.write({
    file: join(dist, 'runner', `${name}.js`),
    format: 'iife',
    name: `paring${name[0].toUpperCase()}${name.slice(1)}`,
    // An error's name is its class's.
    minify: {
      compress: { keepNames: { class: true, function: false } },
      mangle: { keepNames: { class: true, function: false } },
    },
  });
  await bundle.close();
}
