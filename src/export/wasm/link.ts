/**
 * Links a module of its own for one model: of the kernels only the functions that are reached, renumbered; a memory of fixed
 * size; a function `run` that makes the plan's calls, every argument a constant; the weights in a custom section.
 */
import { i32, join, malformed, sized, text, u32, vector, WasmReader } from './bytes.ts';
import { walk } from './instructions.ts';

/** One call of a kernel by its exported name. */
export interface KernelCall {
  kernel: string;
  args: readonly (number | boolean)[];
}

export interface LinkRequest {
  /** Kernels that stay exported. */
  exports: Iterable<string>;
  /** What `run` does. */
  run: readonly KernelCall[];
  /** Of 64 KiB. Neither more nor less: views of the memory never go stale. */
  pages: number;
  /** Custom sections. */
  custom: Readonly<Record<string, Uint8Array>>;
}

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
};
const DATA_COUNT = 12;
const [I32, F64, F32] = [0x7f, 0x7c, 0x7d];

interface FunctionType {
  bytes: Uint8Array;
  params: Uint8Array;
  results: number;
}

interface Parsed {
  types: FunctionType[];
  /** Type of each function. */
  functions: number[];
  exports: Map<string, number>;
  /** Locals and instructions, without the length. */
  bodies: WasmReader[];
  /** Sections that are taken over as they are. */
  kept: Map<number, Uint8Array>;
}

/**
 * @param module the kernels: they import a memory and nothing else, and have no tables
 * @throws BackendError for a module that is built otherwise, or a kernel it does not export
 */
export function link(module: Uint8Array, request: LinkRequest): Uint8Array<ArrayBuffer> {
  const parsed = parse(module);
  const indexOf = (name: string): number => {
    const index = parsed.exports.get(name);
    if (index === undefined) throw malformed(`no export ${name}`);
    return index;
  };
  const exported = [...new Set(request.exports)].sort();
  const roots = [...exported, ...request.run.map(({ kernel }) => kernel)].map(indexOf);
  const reached = reachable(parsed, roots);
  const renumbered = new Map(reached.map((index, at) => [index, at]));

  const types = [...new Set(reached.map((index) => parsed.functions[index]))];
  const runType = types.length;
  const typeIndex = (index: number): number[] => u32(types.indexOf(parsed.functions[index]));
  const bodies = reached.map((index) => sized(renumber(parsed.bodies[index], renumbered)));
  const run = runBody(parsed, request.run, (name) => renumbered.get(indexOf(name)) as number);

  const section = (id: number, contents: Uint8Array): Uint8Array => join([[id], sized(contents)]);
  const kept = (id: number): Uint8Array[] => {
    const contents = parsed.kept.get(id);
    return contents ? [section(id, contents)] : [];
  };
  const named = (name: string, kind: number, index: number): Uint8Array =>
    join([text(name), [kind], u32(index)]);
  return join([
    module.subarray(0, 8),
    section(SECTION.type, vector([...types.map((type) => parsed.types[type].bytes), [0x60, 0, 0]])),
    section(SECTION.function, vector([...reached.map(typeIndex), u32(runType)])),
    section(SECTION.memory, vector([join([[1], u32(request.pages), u32(request.pages)])])),
    ...kept(SECTION.global),
    section(
      SECTION.export,
      vector([
        named('memory', 2, 0),
        named('run', 0, reached.length),
        ...exported.map((name) => named(name, 0, renumbered.get(indexOf(name)) as number)),
      ]),
    ),
    ...kept(DATA_COUNT),
    section(SECTION.code, vector([...bodies, sized(run)])),
    ...kept(SECTION.data),
    ...Object.entries(request.custom).map(([name, bytes]) =>
      section(SECTION.custom, join([text(name), bytes])),
    ),
  ]);
}

function parse(module: Uint8Array): Parsed {
  const reader = new WasmReader(module);
  const magic = reader.bytes(8);
  if (![0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].every((byte, i) => magic[i] === byte))
    throw malformed('no such file');
  const parsed: Parsed = { types: [], functions: [], exports: new Map(), bodies: [], kept: new Map() };
  while (!reader.done) {
    const id = reader.u8();
    const section = reader.block();
    const list = <T>(item: () => T): T[] => Array.from({ length: section.u32() }, item);
    if (id === SECTION.type) parsed.types = list(() => readType(section));
    else if (id === SECTION.import) list(() => readImport(section));
    else if (id === SECTION.function) parsed.functions = list(() => section.u32());
    else if (id === SECTION.export) {
      for (const [name, kind, index] of list(() => [section.name(), section.u8(), section.u32()] as const)) {
        if (kind === 0) parsed.exports.set(name, index);
      }
    } else if (id === SECTION.code) parsed.bodies = list(() => section.block());
    else if (id === SECTION.global || id === DATA_COUNT || id === SECTION.data) {
      parsed.kept.set(id, section.bytes(section.end - section.at));
    } else if (id !== SECTION.custom) throw malformed(`a section of kind ${id}`);
  }
  return parsed;
}

function readType(section: WasmReader): FunctionType {
  const start = section.at;
  if (section.u8() !== 0x60) throw malformed('a type that is no function');
  const params = section.bytes(section.u32());
  const results = section.u32();
  section.bytes(results);
  return { bytes: section.source.subarray(start, section.at), params, results };
}

/** Only a memory is imported: function indices count from the module's own. */
function readImport(section: WasmReader): void {
  const name = `${section.name()}.${section.name()}`;
  if (section.u8() !== 2) throw malformed(`the import ${name} is no memory`);
  const limits = section.u8();
  section.u32();
  if (limits & 1) section.u32();
}

/** Indices of all functions that `roots` lead to, ascending. */
function reachable(parsed: Parsed, roots: readonly number[]): number[] {
  const seen = new Set(roots);
  for (const index of seen)
    walk(instructions(parsed.bodies[index]), (_from, _to, callee) => seen.add(callee));
  return [...seen].sort((a, b) => a - b);
}

/** A reader of a body's instructions, after its locals. */
function instructions(body: WasmReader): WasmReader {
  const reader = new WasmReader(body.source, body.at, body.end);
  for (let left = reader.u32(); left > 0; left--) {
    reader.u32();
    reader.u8();
  }
  return reader;
}

function renumber(body: WasmReader, numbers: ReadonlyMap<number, number>): Uint8Array {
  const parts: (Uint8Array | number[])[] = [];
  let copied = body.at;
  walk(instructions(body), (from, to, callee) => {
    parts.push(body.source.subarray(copied, from), u32(numbers.get(callee) as number));
    copied = to;
  });
  return join([...parts, body.source.subarray(copied, body.end)]);
}

/** No locals; for each call its arguments as constants, the call, and a drop for each result. */
function runBody(
  parsed: Parsed,
  calls: readonly KernelCall[],
  functionIndex: (kernel: string) => number,
): Uint8Array {
  const code: (Uint8Array | number[])[] = [[0]];
  for (const { kernel, args } of calls) {
    const type = parsed.types[parsed.functions[parsed.exports.get(kernel) as number]];
    if (type.params.length !== args.length) {
      throw malformed(`${kernel} takes ${type.params.length} arguments, not ${args.length}`);
    }
    args.forEach((arg, i) => {
      code.push(constant(type.params[i], Number(arg)));
    });
    code.push([0x10, ...u32(functionIndex(kernel))]);
    for (let left = type.results; left > 0; left--) code.push([0x1a]);
  }
  return join([...code, [0x0b]]);
}

function constant(type: number, value: number): Uint8Array | number[] {
  if (type === I32) return [0x41, ...i32(value)];
  const view = new DataView(new ArrayBuffer(type === F32 ? 4 : 8));
  if (type === F32) view.setFloat32(0, value, true);
  else if (type === F64) view.setFloat64(0, value, true);
  else throw malformed(`an argument of type ${type}`);
  return join([[type === F32 ? 0x43 : 0x44], new Uint8Array(view.buffer)]);
}
