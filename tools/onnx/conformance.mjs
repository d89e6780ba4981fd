// ONNX's own backend tests (Debian's libonnx-testdata, data/node) for the operators that paring imports: what passes, what
// fails, what is not supported and why. The rule of what counts is in docs/onnx.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, createBackend, ParingError } from '../../dist/src/index.js';
import { importOnnx } from '../../dist/src/onnx/import.js';
import { elementTypes } from '../../dist/src/onnx/proto.js';
import { readModel, readTensor } from '../../dist/src/onnx/reader.js';
import { constant, constantOf } from '../../dist/src/onnx/tensor.js';

const folder = '/usr/share/libonnx-testdata/data/node';
const operators = new Set(
  `Conv Gemm MatMul BatchNormalization Relu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Tanh Softmax MaxPool AveragePool
   GlobalAveragePool Add Sub Mul Div Concat Pad Flatten Reshape Transpose Squeeze Unsqueeze Slice Gather Shape Constant
   ConstantOfShape Cast Identity Dropout ReduceMean QuantizeLinear DequantizeLinear QLinearConv QLinearMatMul ConvInteger
   MatMulInteger`.split(/\s+/),
);
/** STRING, and the 16-bit floats and double as what comes in or out. */
const foreign = new Set([8, 10, 11, 16]);

/** Why a test asks for more than a CNN's inference on tensors; undefined if it does not. */
function outside(model) {
  const { input = [], output = [], node = [] } = model.graph;
  for (const { type } of [...input, ...output]) {
    if (!type?.tensorType) return 'sequence or optional type';
    if (foreign.has(type.tensorType.elemType)) return 'string, 16-bit or double tensors';
    const dims = (type.tensorType.shape?.dim ?? []).map(({ dimValue }) => dimValue);
    if (dims.includes(0) || dims.some((d) => d === undefined)) return 'a tensor without elements';
    const windowed = node.some(({ opType }) => /Conv|Pool$/.test(opType));
    if (windowed && dims.length === 5) return 'three-dimensional windows';
  }
  const attribute = (name) => node.some((n) => (n.attribute ?? []).some((a) => a.name === name && a.i === 1));
  if (attribute('training_mode') || node.some((n) => n.opType === 'Dropout' && (n.input ?? []).length > 2)) {
    return 'training mode';
  }
  if (node.some((n) => /MaxPool|Dropout/.test(n.opType) && (n.output ?? []).length > 1)) {
    return 'a second output (indices, mask)';
  }
  return undefined;
}

/** The files of bfloat16 tensors hold their bits as uint16: the numbers they are. */
function asSaid(tensor, info) {
  if (info?.type?.tensorType?.elemType !== elementTypes.bfloat16 || tensor.type !== 'uint16') return tensor;
  const numbers = new Float32Array(Uint32Array.from(tensor.data, (bits) => bits << 16).buffer);
  return constant('bfloat16', tensor.shape, numbers);
}

const tensors = (set, kind, infos) =>
  readdirSync(set)
    .filter((name) => name.startsWith(`${kind}_`))
    .sort(
      (a, b) => Number.parseInt(a.slice(kind.length + 1), 10) - Number.parseInt(b.slice(kind.length + 1), 10),
    )
    .map((name, i) => asSaid(constantOf(readTensor(readFileSync(join(set, name)))), infos[i]));

/** Imports with as few inputs bound to their values as the operator needs: none, all but the first, all. */
function imported(bytes, names, values) {
  let refusal;
  for (const open of [names.length, 1, 0]) {
    // Texts are no numbers to run on.
    const entries = names.map((name, i) => [name, values[i]]);
    const bound = Object.fromEntries(entries.filter(([, value], i) => i >= open || value.text));
    try {
      return { ...importOnnx(bytes, { inputs: bound }), open: names.slice(0, open) };
    } catch (error) {
      if (!(error instanceof ParingError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Runs one test. @returns what is wrong, or undefined */
function wrong(path, backend) {
  const bytes = new Uint8Array(readFileSync(join(path, 'model.onnx')));
  const model = readModel(bytes).graph;
  const initial = new Set((model.initializer ?? []).map(({ name }) => name));
  const names = (model.input ?? []).map(({ name }) => name).filter((name) => !initial.has(name));
  for (const set of readdirSync(path).filter((name) => name.startsWith('test_data_set'))) {
    const values = tensors(join(path, set), 'input', model.input ?? []);
    const wanted = tensors(join(path, set), 'output', model.output ?? []);
    const { graph, report } = imported(bytes, names, values);
    const batch =
      report.batch === 'fixed' ? 1 : (values[names.indexOf(graph.inputs[0]?.name)]?.shape[0] ?? 1);
    const plan = graph.outputs.length > 0 ? compile(graph, backend, { batch }) : undefined;
    try {
      for (const { name } of graph.inputs) plan?.inputs[name].set(values[names.indexOf(name)].data);
      plan?.run();
      for (const [i, { name }] of (model.output ?? []).entries()) {
        const got = report.constants.get(name)?.data ?? plan?.outputs[name];
        if (!got) return `no output '${name}'`;
        const want = wanted[i].data;
        if (got.length !== want.length) return `${name}: ${got.length} numbers, expected ${want.length}`;
        // The values of the graph are f32: a bfloat16 is held to one unit of its last place.
        const most = wanted[i].type === 'bfloat16' ? 2 ** -7 : 1e-3;
        const near = (v, w) => Object.is(v, w) || v === w || Math.abs(v - w) <= 1e-7 + most * Math.abs(w);
        const bad = got.findIndex((v, k) => !near(v, want[k]));
        if (bad >= 0) return `${name}[${bad}] is ${got[bad]}, expected ${want[bad]}`;
      }
    } finally {
      plan?.free();
    }
  }
  return undefined;
}

/** All tests. @returns counts and lists; writes bench/results/onnx-conformance.json */
export async function conformance() {
  if (!existsSync(folder)) {
    if (process.getuid?.() !== 0) throw new Error('the tests are missing: apt-get install libonnx-testdata');
    const flags = ['-o', 'DPkg::Lock::Timeout=400', 'install', '-y', 'libonnx-testdata'];
    execFileSync('apt-get', flags, { stdio: ['ignore', 2, 2] });
  }
  const backend = await createBackend();
  const found = { passed: [], failed: [], unsupported: [], outside: [], otherOperators: 0 };
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    let why;
    try {
      const model = readModel(new Uint8Array(readFileSync(join(path, 'model.onnx'))));
      if (!(model.graph.node ?? []).every(({ opType }) => operators.has(opType))) {
        found.otherOperators += 1;
        continue;
      }
      why = outside(model);
      const problem = wrong(path, backend);
      if (problem === undefined) found.passed.push(name);
      else found.failed.push({ name, why: problem });
    } catch (error) {
      const refused = error instanceof ParingError;
      const list = why !== undefined && refused ? found.outside : refused ? found.unsupported : found.failed;
      list.push({ name, why: why ?? error.message });
    }
  }
  const target = fileURLToPath(new URL('../../bench/results/onnx-conformance.json', import.meta.url));
  mkdirSync(dirname(target), { recursive: true });
  const counts = {
    passed: found.passed.length,
    failed: found.failed.length,
    unsupported: found.unsupported.length,
    outside: found.outside.length,
    otherOperators: found.otherOperators,
  };
  writeFileSync(target, `${JSON.stringify({ counts, ...found }, null, 2)}\n`);
  for (const kind of ['failed', 'unsupported', 'outside']) {
    for (const { name, why } of found[kind]) console.log(`${kind}: ${name}: ${why}`);
  }
  console.log(JSON.stringify(counts));
  return counts.failed + counts.unsupported === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await conformance()) ? 0 : 1;
