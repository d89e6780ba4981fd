// A graph as an ONNX file, for ONNX Runtime. Protocol buffers are written here: a message is a list of fields, a field is
// its number and wire type followed by a varint, four bytes, or a length and bytes. Quantized graphs are written in the
// QDQ form (each value dequantized before and quantized after an op), which the runtime fuses into its integer kernels;
// activations are u8 there, the type its x86 kernels are made for, so a code is paring's plus 128.
import { integerBias, integerWeights } from './quantized.mjs';

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;

function varint(value) {
  const bytes = [];
  for (let v = BigInt.asUintN(64, BigInt(value)); ; v >>= 7n) {
    if (v < 128n) return Buffer.from([...bytes, Number(v)]);
    bytes.push(Number(v & 127n) | 128);
  }
}
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const data = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
};
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

const rawBytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const tensor = (name, type, dims, data) =>
  message(5, ...dims.map((d) => int(1, d)), int(2, type), bytes(8, name), bytes(9, rawBytes(data)));
const valueInfo = (field, name, type, dims) =>
  message(
    field,
    bytes(1, name),
    message(2, message(1, int(1, type), message(2, ...dims.map((d) => message(1, int(1, d)))))),
  );

function attribute(name, value) {
  if (Array.isArray(value)) return message(5, bytes(1, name), ...value.map((v) => int(8, v)), int(20, 7));
  return message(5, bytes(1, name), int(3, value), int(20, 2));
}
const node = (op, inputs, output, attributes = {}) =>
  message(
    1,
    ...inputs.map((input) => bytes(1, input)),
    bytes(2, output),
    bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );

/**
 * @param graph batch norm folded, activations fused
 * @param shapes of every value, batch first
 * @returns the bytes of a model (opset 17). Input and output have the graph's names; u8 where the graph is quantized.
 */
export function onnxModel(graph, shapes) {
  const nodes = [];
  const initializers = [];
  const { activations } = graph;
  const grid = (name, scale, zero, type = UINT8) => {
    const zeros = type === UINT8 ? Uint8Array : type === INT8 ? Int8Array : Int32Array;
    const many = typeof scale !== 'number';
    const dims = many ? [scale.length] : [];
    initializers.push(
      tensor(`${name}.scale`, FLOAT, dims, many ? scale : Float32Array.of(scale)),
      tensor(`${name}.zero`, type, dims, many ? new zeros(scale.length) : zeros.of(zero)),
    );
    return [`${name}.scale`, `${name}.zero`];
  };
  /** The name under which a value is read by an op: dequantized where it has a grid. */
  const read = (name) => (activations?.has(name) ? `${name}.f` : name);
  /** Quantizes what an op wrote and dequantizes it for its readers. */
  const write = (name) => {
    const quant = activations?.get(name);
    if (!quant) return;
    const scales = grid(name, quant.scale, quant.zeroPoint + 128);
    nodes.push(node('QuantizeLinear', [`${name}.raw`, ...scales], name));
    nodes.push(node('DequantizeLinear', [name, ...scales], `${name}.f`));
  };
  const constant = (name, dims, values, param, input) => {
    if (!activations) {
      initializers.push(tensor(name, FLOAT, dims, values));
      return name;
    }
    const weight = param.quant ? integerWeights(param) : integerBias(values, input, param.scales);
    const type = param.quant ? INT8 : INT32;
    const scale = param.quant ? param.quant.scale : param.scales.map((s) => s * input.scale);
    initializers.push(tensor(`${name}.q`, type, dims, weight));
    const scales = grid(name, Float32Array.from(scale), 0, type);
    nodes.push(node('DequantizeLinear', [`${name}.q`, ...scales], name, { axis: 0 }));
    return name;
  };

  const x = graph.inputs[0].name;
  const inputQuant = activations?.get(x);
  if (inputQuant) {
    nodes.push(
      node('DequantizeLinear', [x, ...grid(x, inputQuant.scale, inputQuant.zeroPoint + 128)], `${x}.f`),
    );
  }
  for (const n of graph.nodes) {
    const inputs = n.inputs.map(read);
    const weights = () => {
      const weight = graph.params.get(n.params.weight);
      const bias = graph.params.get(n.params.bias);
      const input = activations?.get(n.inputs[0]);
      const list = [constant(weight.name, weight.shape, weight.values, weight, input)];
      if (bias) {
        const scales = weight.quant?.scale;
        list.push(constant(bias.name, bias.shape, bias.values, { ...bias, scales, quant: undefined }, input));
      }
      return list;
    };
    const { attrs } = n;
    // A grid that starts at zero cuts off what is below by itself.
    const clips = activations?.get(n.name)?.zeroPoint === -128;
    const relu = attrs.activation === 'relu' && !clips;
    const target = activations?.has(n.name) ? `${n.name}.raw` : n.name;
    const out = relu ? `${n.name}.sum` : target;
    if (n.op === 'conv2d') {
      const all = weights();
      nodes.push(
        node('Conv', [...inputs, ...all], out, {
          kernel_shape: graph.params.get(n.params.weight).shape.slice(2),
          strides: [...attrs.stride],
          pads: [...attrs.padding],
          dilations: [...attrs.dilation],
          group: attrs.groups,
        }),
      );
    } else if (n.op === 'linear') {
      nodes.push(node('Gemm', [...inputs, ...weights()], out, { transB: 1 }));
    } else if (n.op === 'maxPool') {
      nodes.push(
        node('MaxPool', inputs, out, { kernel_shape: [...attrs.kernel], strides: [...attrs.stride] }),
      );
    } else if (n.op === 'globalAvgPool') nodes.push(node('GlobalAveragePool', inputs, out));
    else if (n.op === 'flatten') nodes.push(node('Flatten', inputs, out, { axis: 1 }));
    else if (n.op === 'add') nodes.push(node('Add', inputs, out));
    else throw new Error(`onnxModel: no translation of ${n.op} (node ${n.name})`);
    if (relu) nodes.push(node('Relu', [out], target));
    write(n.name);
  }
  const type = activations ? UINT8 : FLOAT;
  const y = graph.outputs[0];
  return Buffer.concat([
    int(1, 8),
    message(
      7,
      ...nodes,
      bytes(2, graph.name),
      ...initializers,
      valueInfo(11, x, type, shapes.get(x)),
      valueInfo(12, y, activations?.has(y) ? UINT8 : FLOAT, shapes.get(y)),
    ),
    message(8, bytes(1, ''), int(2, 17)),
  ]);
}
