/** Ahead-of-time export to files: the exporter with what the package brings for it, and its result on the disk. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { familyNames } from '../export/families.ts';
import { type Exported, type ExportKit, type ExportOptions, exportModel } from '../export/index.ts';
import type { RunnerParts } from '../export/targets.ts';
import type { Graph } from '../graph/graph.ts';
import { writeWhole } from './write.ts';

const { resolve } = createRequire(import.meta.url);

/** The inference kernels and the bundled runner of this package. */
export function exportKit(): ExportKit {
  const parts = ['core', ...familyNames].map((name) => [
    name,
    readFileSync(resolve(`#runner/${name}.js`), 'utf8'),
  ]);
  return {
    inference: readFileSync(resolve('#inference.wasm')),
    parts: Object.fromEntries(parts) as RunnerParts,
  };
}

/**
 * Exports a model and writes what it consists of.
 * @param out a folder, which is made; for the target `module` a file, as model.mjs, beside which its types are put
 * @returns what was exported, and the paths of the files, the entry first
 * @throws as `exportModel` does; FileError if they cannot be written
 */
export function exportFiles(
  graph: Graph,
  out: string,
  options: ExportOptions,
): Omit<Exported, 'files'> & { paths: string[] } {
  const { files, ...rest } = exportModel(graph, exportKit(), options);
  const paths = [...files].map(([name, contents]) => {
    const path = pathOf(out, name, options.target === 'module');
    writeWhole(path, contents);
    return path;
  });
  return { ...rest, paths };
}

/** `x/digits.mjs` and its types `x/digits.d.mts`; in a folder, files keep their names. */
function pathOf(out: string, name: string, single: boolean): string {
  if (!single) return join(out, name);
  if (!name.endsWith('.d.mts')) return out;
  return out.replace(/\.(m?)js$/, '.d.$1ts');
}
