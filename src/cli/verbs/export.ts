/** `paring export`: a model as a program of its own for one runtime, or as ONNX. */
import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { MAX_BYTES } from '../../export/index.ts';
import { type Target, targets } from '../../export/targets.ts';
import { exportFiles } from '../../node/export.ts';
import { writeWhole } from '../../node/write.ts';
import { exportOnnx } from '../../onnx/export.ts';
import type { SparseChoice } from '../../plan/sparse.ts';
import { named } from '../errors.ts';
import { claim, readModel } from '../files.ts';
import { addExample, whole } from '../options.ts';
import { Terminal } from '../terminal.ts';

interface Options {
  target: Target | 'onnx';
  out?: string;
  batch: number;
  sparse: SparseChoice;
  maxBytes: number;
  json?: boolean;
  quiet?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .addOption(
      new Option('--target <runtime>', 'where it will run')
        .choices([...targets, 'onnx'])
        .makeOptionMandatory(),
    )
    .option('--out <path>', 'folder to write; module, onnx: file (default: by FILE)')
    .option('--batch <n>', 'samples a run takes', whole(1), 1)
    .addOption(
      new Option('--sparse <how>', 'kernels that skip zeros')
        .choices(['auto', 'never', 'always'])
        .default('auto'),
    )
    .option('--max-bytes <n>', 'most memory it may take when it runs', whole(1), MAX_BYTES)
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .action(run);
  addExample(command, 'paring export smallest.paring --target worker --out worker/model');
}

/** Targets that are one file, by its ending. */
const endings: Partial<Record<Options['target'], string>> = { module: '.mjs', onnx: '.onnx' };

function run(file: string, options: Options): void {
  const { target, batch, sparse, maxBytes } = options;
  const terminal = new Terminal(options);
  const { graph } = readModel(file);
  const stem = basename(file).replace(/\.paring$/, '');
  const ending = endings[target];
  const name = target === 'onnx' ? `${stem}.onnx` : `${stem}-${target}${ending ?? ''}`;
  const out = options.out ?? join(dirname(file), name);
  claim(ending ? out : join(out, 'index.js'), [file]);
  if (target === 'onnx') {
    const bytes = named(file, () => exportOnnx(graph));
    writeWhole(out, bytes);
    terminal.result(`${out}\n${bytes.length} bytes`, { file, target, paths: [out], bytes: bytes.length });
    return;
  }
  const result = named(file, () => exportFiles(graph, out, { target, batch, sparse, maxBytes }));
  const { weights, wasm, javascript } = result.bytes;
  terminal.result(
    `${result.paths.join('\n')}
${weights} bytes of weights, ${wasm} of kernels and plan, ${javascript} of JavaScript; ${result.memoryBytes} bytes of memory when it runs`,
    { file, target, ...result },
  );
}
