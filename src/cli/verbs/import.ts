/** `paring import`: an ONNX model as a model file. */
import type { Command } from 'commander';
import { encode } from '../../format/index.ts';
import { costs, totals } from '../../graph/infer.ts';
import { writeWhole } from '../../node/write.ts';
import { importOnnx } from '../../onnx/import.ts';
import { named } from '../errors.ts';
import { claim, readBytes } from '../files.ts';
import { addExample } from '../options.ts';
import { Terminal } from '../terminal.ts';

interface Options {
  out?: string;
  json?: boolean;
  quiet?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<model>', 'ONNX file, opset 7 to 21')
    .option('--out <file>', 'model file to write (default: MODEL.paring)')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .action(run);
  addExample(command, 'paring import resnet8.onnx --out resnet8.paring');
}

function run(model: string, options: Options): void {
  const terminal = new Terminal(options);
  const out = options.out ?? `${model.replace(/\.onnx$/, '')}.paring`;
  const bytes = readBytes(model);
  claim(out, [model]);
  const { graph, report } = named(model, () => importOnnx(bytes));
  const file = named(model, () => encode(graph));
  writeWhole(out, file);
  const { parameters, macs } = totals(graph);
  const int8 = graph.activations ? 'int8' : 'f32';
  const batch = report.batch === 'dynamic' ? 'any batch size' : 'the shapes it states, untrainable';
  terminal.result(
    `${out}
opset ${report.opset}, ${report.nodes} nodes, ${report.folded} folded; ${costs(graph).length} layers in ${int8}, ${parameters} parameters, ${macs} MACs; ${batch}`,
    {
      file: out,
      bytes: file.length,
      opset: report.opset,
      producer: report.producer,
      batch: report.batch,
      nodes: report.nodes,
      folded: report.folded,
      layers: graph.nodes.length,
      parameters,
      macs,
    },
  );
}
