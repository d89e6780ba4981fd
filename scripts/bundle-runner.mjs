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
  clustered: 'src/backend/wasm/clustered.js',
};

/**
 * What an exported model does not need. Of a family only the ordering of weights: its calls of kernels are in the module
 * already. Of the decoders those of a tensor: there is no header and no checksum. And one message for all that can be wrong with
 * stored weights, since the exporter wrote them.
 */
const neededAlone = {
  name: 'needed-alone',
  transform(code, id) {
    const edits = [];
    const visit = (node) => {
      if (typeof node !== 'object' || node === null) return;
      const edit = replacement(node, id);
      if (edit) edits.push(edit);
      else for (const part of Object.values(node)) visit(part);
    };
    visit(parseAst(code));
    edits.sort((a, b) => b.start - a.start);
    for (const { start, end, text } of edits) code = code.slice(0, start) + text + code.slice(end);
    return code;
  },
};

function replacement(node, id) {
  if (node.type === 'Property' && id.includes('backend/wasm')) {
    const { start, end } = node.value;
    if (['primitives', 'scratch'].includes(node.key.name) && node.value.type === 'ObjectExpression') {
      return { start, end, text: '{}' };
    }
    if (['crc32', 'text'].includes(node.key.name) && node.method) {
      return { start: node.start, end: node.end, text: `${node.key.name}: undefined` };
    }
  }
  if (node.type === 'NewExpression' && node.callee.name === 'FormatError' && id.includes('/format/')) {
    const [offset, , last] = node.arguments;
    return { start: offset.end, end: last.end, text: ", 'whole weights', 'damaged ones'" };
  }
  return null;
}

for (const [name, file] of Object.entries(parts)) {
  const bundle = await rolldown({
    input: join(dist, file),
    plugins: [neededAlone],
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
