/** Checks that a graph is a model, and derives what follows from it: shapes, consumers, costs. */
import { GraphError } from '../core/errors.ts';
import { formatShape, type Shape, sizeOf } from '../core/shape.ts';
import type { Graph, InputSpec, Node } from './graph.ts';
import { schemaOf, schemas } from './schema.ts';

/** Shapes of a node's parameters by role. */
export function paramShapes(graph: Graph, node: Node): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const [role, name] of Object.entries(node.params)) {
    const param = graph.params.get(name);
    if (!param)
      throw new GraphError(node.name, `parameter '${role}' names '${name}', which the graph has not`);
    shapes[role] = param.shape;
  }
  return shapes;
}

/** Shape of an input at a batch size. */
export function inputShape(input: InputSpec, batch: number): Shape {
  return input.fixed ? input.shape : [batch, ...input.shape];
}

/**
 * Shapes of all values at a batch size, by name; inputs included. Checks the whole graph on the way: names, arity, order,
 * parameters, attributes.
 * @throws GraphError naming the node
 */
export function inferShapes(graph: Graph, batch = 1): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const input of graph.inputs) shapes.set(input.name, inputShape(input, batch));
  for (const node of graph.nodes) {
    if (!Object.hasOwn(schemas, node.op)) throw new GraphError(node.name, `unknown op '${node.op}'`);
    const schema = schemaOf(node.op);
    if (shapes.has(node.name)) throw new GraphError(node.name, 'a value of this name exists already');
    if (node.inputs.length < schema.inputs[0] || node.inputs.length > schema.inputs[1]) {
      throw new GraphError(
        node.name,
        `${node.op} takes ${schema.inputs[0]} to ${schema.inputs[1]} inputs, got ${node.inputs.length}`,
      );
    }
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name);
      if (!shape) throw new GraphError(node.name, `reads '${name}', which no earlier node makes`);
      return shape;
    });
    for (const role of schema.required) {
      if (!Object.hasOwn(node.params, role))
        throw new GraphError(node.name, `${node.op} needs a parameter '${role}'`);
    }
    for (const role of Object.keys(node.params)) {
      if (!schema.required.includes(role) && !schema.optional.includes(role)) {
        throw new GraphError(node.name, `${node.op} has no parameter '${role}'`);
      }
    }
    shapes.set(node.name, schema.shape(node, inputs, paramShapes(graph, node)));
  }
  for (const output of graph.outputs) {
    if (!shapes.has(output)) throw new GraphError(output, 'is an output, but nothing makes it');
  }
  for (const param of graph.params.values()) {
    if (param.values.length !== sizeOf(param.shape)) {
      throw new GraphError(
        param.name,
        `a parameter of shape ${formatShape(param.shape)} has ${param.values.length} values`,
      );
    }
  }
  return shapes;
}

/** Names of the nodes that read each value. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  }
  return readers;
}

/** One line of a summary. */
export interface NodeCost {
  node: Node;
  shape: Shape;
  /** Elements of the node's parameters. */
  parameters: number;
  /** Parameters that are not pruned: masked elements do not count. */
  nonzero: number;
  /** Multiply-accumulates for one sample, dense. */
  macs: number;
  /** Multiply-accumulates whose weight is not zero. */
  effectiveMacs: number;
  /** Bytes of the parameters at their dtype in memory: 4 an f32, 1 an int8 weight. */
  bytes: number;
}

/** What each node costs for one sample. */
export function costs(graph: Graph): NodeCost[] {
  const shapes = inferShapes(graph, 1);
  return graph.nodes.map((node) => {
    const shape = shapes.get(node.name) as Shape;
    const macs = schemaOf(node.op).macs(node, shape, paramShapes(graph, node));
    let parameters = 0;
    let nonzero = 0;
    let bytes = 0;
    let density = 1;
    for (const [role, name] of Object.entries(node.params)) {
      const param = graph.params.get(name) as NonNullable<ReturnType<typeof graph.params.get>>;
      const size = param.values.length;
      const kept = param.values.reduce((count, v) => count + (v === 0 ? 0 : 1), 0);
      parameters += size;
      nonzero += kept;
      bytes += param.quant ? size + 4 * param.quant.scale.length : 4 * size;
      if (role === 'weight') density = kept / size;
    }
    return { node, shape, parameters, nonzero, macs, effectiveMacs: Math.round(macs * density), bytes };
  });
}

/** Sums of `costs` over the graph; a parameter that several nodes share counts once. */
export function totals(graph: Graph): { parameters: number; nonzero: number; macs: number; bytes: number } {
  let parameters = 0;
  let nonzero = 0;
  let bytes = 0;
  for (const param of graph.params.values()) {
    const size = param.values.length;
    parameters += size;
    nonzero += param.values.reduce((count, v) => count + (v === 0 ? 0 : 1), 0);
    bytes += param.quant ? size + 4 * param.quant.scale.length : 4 * size;
  }
  const macs = costs(graph).reduce((sum, cost) => sum + cost.macs, 0);
  return { parameters, nonzero, macs, bytes };
}
