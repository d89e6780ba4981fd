// A graph as a TensorFlow Lite file, for LiteRT: a flatbuffer whose tables are written field by field, by the numbers of
// the public schema (tensorflow/lite/schema/schema.fbs). Activations are channels last; quantization is paring's own
// scheme (int8, one scale for each output channel of weights), so that codes carry over unchanged.
import { Builder } from 'flatbuffers';
import { channelsLast, linearColumns, paddingName } from './layout.mjs';
import { integerBias, integerWeights } from './quantized.mjs';

const TYPES = { f32: 0, i32: 2, i8: 9 };
/** Code of each operator, and the version of its definition that knows int8. */
const OPERATORS = {
  ADD: [0, 2],
  CONV_2D: [3, 3],
  DEPTHWISE_CONV_2D: [4, 3],
  FULLY_CONNECTED: [9, 4],
  MAX_POOL_2D: [17, 2],
  RESHAPE: [22, 1],
  MEAN: [40, 2],
  DEQUANTIZE: [6, 2],
  QUANTIZE: [114, 2],
};
/** Members of the union of options. */
const OPTIONS = { conv: 1, depthwise: 2, pool: 5, linear: 8, add: 11, reshape: 17, reduce: 27 };
const ACTIVATIONS = { relu: 1, relu6: 3 };

const lastShape = (shape) => (shape.length === 4 ? [shape[0], shape[2], shape[3], shape[1]] : shape);

/**
 * @param graph batch norm folded, activations fused
 * @param shapes of every value, batch first, channels first
 * @returns the bytes of a model; input and output f32, channels last
 */
export function tfliteModel(graph, shapes) {
  const b = new Builder(1 << 20);
  const buffers = [null];
  const tensors = [];
  const operators = [];
  const codes = [];
  const { activations } = graph;

  const addTensor = (name, type, shape, data, quant) => {
    if (data) buffers.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    tensors.push({ name, type, shape, buffer: data ? buffers.length - 1 : 0, quant });
    return tensors.length - 1;
  };
  const indices = new Map();
  const addValue = (name) => {
    const quant = activations?.get(name);
    const grid = quant && { scale: [quant.scale], zero: [quant.zeroPoint], axis: 0 };
    indices.set(name, addTensor(name, quant ? 'i8' : 'f32', lastShape(shapes.get(name)), null, grid));
    return indices.get(name);
  };
  const addOperator = (operator, inputs, output, kind, fields) => {
    if (!codes.includes(operator)) codes.push(operator);
    operators.push({ code: codes.indexOf(operator), inputs, output, kind, fields });
  };

  /** LiteRT.js hands no int8 to JavaScript: a value from outside is f32, and one op away from its codes. */
  const across = (name, operator) => {
    const outside = addTensor(`${name}.f32`, 'f32', lastShape(shapes.get(name)));
    const [from, to] = operator === 'QUANTIZE' ? [outside, indices.get(name)] : [indices.get(name), outside];
    addOperator(operator, [from], to);
    return outside;
  };

  let first = addValue(graph.inputs[0].name);
  if (activations) first = across(graph.inputs[0].name, 'QUANTIZE');
  for (const n of graph.nodes) {
    const inputs = n.inputs.map((name) => indices.get(name));
    const shape = shapes.get(n.inputs[0]);
    const fused = ACTIVATIONS[n.attrs.activation] ?? 0;
    const output = addValue(n.name);
    const weights = (order, dims, axis) => {
      const weight = graph.params.get(n.params.weight);
      const bias = graph.params.get(n.params.bias);
      const scale = weight.quant && [...weight.quant.scale];
      const raw = activations ? integerWeights(weight) : weight.values;
      const grid = scale && { scale, zero: scale.map(() => 0), axis };
      const list = [addTensor(weight.name, activations ? 'i8' : 'f32', dims, order(raw), grid)];
      if (!bias) return list;
      const input = activations?.get(n.inputs[0]);
      const sums = scale?.map((s) => s * input.scale);
      const biasGrid = scale && { scale: sums, zero: sums.map(() => 0), axis: 0 };
      const values = activations ? integerBias(bias.values, input, scale) : bias.values;
      return [...list, addTensor(bias.name, activations ? 'i32' : 'f32', bias.shape, values, biasGrid)];
    };
    if (n.op === 'conv2d') {
      const [co, ci, kh, kw] = graph.params.get(n.params.weight).shape;
      const { stride, padding, groups } = n.attrs;
      const same = paddingName(padding, [kh, kw], stride, shape.slice(2)) === 'same' ? 0 : 1;
      const step = [
        ['i8', same],
        ['i32', stride[1]],
        ['i32', stride[0]],
      ];
      if (groups > 1) {
        const order = (data) => channelsLast(data, [1, co, kh, kw]);
        const all = [...inputs, ...weights(order, [1, kh, kw, co], 3)];
        addOperator('DEPTHWISE_CONV_2D', all, output, 'depthwise', [...step, ['i32', 1], ['i8', fused]]);
      } else {
        const order = (data) => channelsLast(data, [co, ci, kh, kw]);
        const all = [...inputs, ...weights(order, [co, kh, kw, ci], 0)];
        addOperator('CONV_2D', all, output, 'conv', [...step, ['i8', fused]]);
      }
    } else if (n.op === 'linear') {
      const [out, features] = graph.params.get(n.params.weight).shape;
      const before = graph.nodes.find((other) => other.name === n.inputs[0]);
      const flattened = before?.op === 'flatten' ? shapes.get(before.inputs[0]) : undefined;
      const all = [...inputs, ...weights((data) => linearColumns(data, out, flattened), [out, features], 0)];
      addOperator('FULLY_CONNECTED', all, output, 'linear', [['i8', fused]]);
    } else if (n.op === 'maxPool') {
      const { kernel, stride } = n.attrs;
      const sizes = [stride[1], stride[0], kernel[1], kernel[0]].map((v) => ['i32', v]);
      addOperator('MAX_POOL_2D', inputs, output, 'pool', [['i8', 1], ...sizes]);
    } else if (n.op === 'globalAvgPool') {
      const axes = addTensor(`${n.name}.axes`, 'i32', [2], Int32Array.of(1, 2));
      addOperator('MEAN', [...inputs, axes], output, 'reduce', [['i8', 1]]);
    } else if (n.op === 'flatten') {
      const dims = Int32Array.from(shapes.get(n.name));
      addOperator(
        'RESHAPE',
        [...inputs, addTensor(`${n.name}.shape`, 'i32', [dims.length], dims)],
        output,
        'reshape',
        [],
      );
    } else if (n.op === 'add') addOperator('ADD', inputs, output, 'add', [['i8', fused]]);
    else throw new Error(`tfliteModel: no translation of ${n.op} (node ${n.name})`);
  }

  const last = activations ? across(graph.outputs[0], 'DEQUANTIZE') : indices.get(graph.outputs[0]);

  const ints = (list) => vector(b, list, 4, (v) => b.addInt32(v));
  const offsets = (list) => vector(b, list, 4, (v) => b.addOffset(v));
  const bufferOffsets = buffers.map((data) => {
    if (!data) return table(b, []);
    b.startVector(1, data.length, 16);
    b.space -= data.length;
    b.bb.bytes().set(data, b.space);
    return table(b, [['offset', b.endVector()]]);
  });
  const tensorOffsets = tensors.map(({ name, type, shape, buffer, quant }) => {
    const grid = quant && [
      ['none'],
      ['none'],
      ['offset', vector(b, quant.scale, 4, (v) => b.addFloat32(v))],
      ['offset', vector(b, quant.zero, 8, (v) => b.addInt64(BigInt(v)))],
      ['none'],
      ['none'],
      ['i32', quant.axis],
    ];
    const fields = [
      ['offset', ints(shape)],
      ['i8', TYPES[type]],
      ['i32', buffer],
      ['offset', b.createString(name)],
      grid ? ['offset', table(b, grid)] : ['none'],
    ];
    return table(b, fields);
  });
  const operatorOffsets = operators.map(({ code, inputs, output, kind, fields }) =>
    table(b, [
      ['i32', code],
      ['offset', ints(inputs)],
      ['offset', ints([output])],
      ...(kind
        ? [
            ['i8', OPTIONS[kind]],
            ['offset', table(b, fields)],
          ]
        : []),
    ]),
  );
  const subgraph = table(b, [
    ['offset', offsets(tensorOffsets)],
    ['offset', ints([first])],
    ['offset', ints([last])],
    ['offset', offsets(operatorOffsets)],
    ['offset', b.createString('main')],
  ]);
  const codeOffsets = codes.map((operator) => {
    const [code, version] = OPERATORS[operator];
    return table(b, [['i8', code], ['none'], ['i32', activations ? version : 1], ['i32', code]]);
  });
  const model = table(b, [
    ['i32', 3],
    ['offset', offsets(codeOffsets)],
    ['offset', offsets([subgraph])],
    ['offset', b.createString(graph.name)],
    ['offset', offsets(bufferOffsets)],
  ]);
  b.finish(model, 'TFL3');
  return b.asUint8Array();
}

function vector(b, list, size, add) {
  b.startVector(size, list.length, size);
  for (const value of [...list].reverse()) add(value);
  return b.endVector();
}

/** A table of fields in the schema's order: [kind, value]; 'none' leaves one out. */
function table(b, fields) {
  b.startObject(fields.length);
  fields.forEach(([kind, value], i) => {
    // The default handed in is none of the values, so that every field is written.
    if (kind === 'i8') b.addFieldInt8(i, value, -1);
    else if (kind === 'i32') b.addFieldInt32(i, value, -1);
    else if (kind === 'offset') b.addFieldOffset(i, value, 0);
  });
  return b.endObject();
}
