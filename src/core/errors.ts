/**
 * Every error paring throws on purpose. The message names the place (op, file, option), what was expected and what was
 * found, so that the reader knows what to change; `code` is stable and meant for programs.
 */
export class ParingError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A shape that an op cannot take. */
export class ShapeError extends ParingError {
  constructor(op: string, argument: string, expected: string, got: string) {
    super('SHAPE', `${op}: ${argument}: expected ${expected}, got ${got}`);
  }
}

/** An argument outside its range or of the wrong type. */
export class ArgumentError extends ParingError {
  constructor(op: string, argument: string, expected: string, got: unknown) {
    super('ARGUMENT', `${op}: ${argument}: expected ${expected}, got ${describe(got)}`);
  }
}

/** A graph that is not a well-formed model (unknown input, cycle, missing parameter...). */
export class GraphError extends ParingError {
  /** The message without the node's name. */
  readonly detail: string;
  constructor(node: string, detail: string) {
    super('GRAPH', `graph: node '${node}': ${detail}`);
    this.detail = detail;
  }
}

/** A backend that cannot be had here, or that cannot do what was asked of it. Nothing falls back by itself. */
export class BackendError extends ParingError {
  constructor(backend: string, message: string, options?: ErrorOptions) {
    super('BACKEND', `backend '${backend}': ${message}`, options);
  }
}

/** Memory that could not be had. */
export class MemoryError extends ParingError {
  constructor(asked: number, message: string) {
    super('MEMORY', `memory: cannot allocate ${asked} bytes: ${message}`);
  }
}

/** A model file that is truncated, altered or contradicts itself. `offset` is the byte at which reading stopped. */
export class FormatError extends ParingError {
  readonly offset: number;
  constructor(offset: number, expected: string, got: string) {
    super('FORMAT', `model file: byte ${offset}: expected ${expected}, got ${got}`);
    this.offset = offset;
  }
}

/** An ONNX model that paring does not take: an operator, or a use of one, that it has no form for. */
export class OnnxError extends ParingError {
  /** Name of the node, or of its first output where it has none; empty for what concerns the whole model. */
  readonly node: string;
  readonly op: string;
  /** Version of the operator set that the model is written in; 0 if it does not say. */
  readonly opset: number;
  constructor(node: string, op: string, opset: number, detail: string) {
    super(
      'ONNX',
      node === '' ? `onnx: ${detail}` : `onnx: node '${node}' (${op}, opset ${opset}): ${detail}`,
    );
    this.node = node;
    this.op = op;
    this.opset = opset;
  }
}

/** A file or folder that cannot be written (full, read-only, in the way). Nothing that was there before is harmed. */
export class FileError extends ParingError {
  readonly path: string;
  constructor(path: string, expected: string, got: string, options?: ErrorOptions) {
    super('FILE', `${path}: expected ${expected}, got ${got}`, options);
    this.path = path;
  }
}

/** A checkpoint that is damaged, or belongs to another run. Nothing has been computed when it is thrown. */
export class CheckpointError extends ParingError {
  /** What does not fit, as `options.batch` or `graph.nodes[2].op`; `file` if the bytes are damaged. */
  readonly field: string;
  constructor(field: string, expected: string, got: string) {
    const advice =
      field === 'file'
        ? 'go on from an earlier checkpoint, or start over without one'
        : 'resume with what the run was started with, or start over without the checkpoint';
    super('CHECKPOINT', `checkpoint: ${field}: expected ${expected}, got ${got}; ${advice}`);
    this.field = field;
  }
}

/** Data that cannot be read as what it should be (an IDX file, a label out of range). */
export class DataError extends ParingError {
  constructor(source: string, expected: string, got: string) {
    super('DATA', `${source}: expected ${expected}, got ${got}`);
  }
}

/** Training that left the finite numbers: in which step, and where they were met first. */
export class DivergenceError extends ParingError {
  /** From 1. */
  readonly step: number;
  /** The node whose value, or the parameter whose gradient or value, is not finite. */
  readonly layer: string;
  constructor(step: number, layer: string, what: string) {
    super(
      'DIVERGED',
      `training: step ${step}: ${what} of '${layer}' is not finite; lower the learning rate, warm up or clip gradients`,
    );
    this.step = step;
    this.layer = layer;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return String(value);
}
