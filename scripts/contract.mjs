// The `fast` kernels are the strict ones with every multiply-add of four floats contracted into one relaxed instruction
// (relaxed SIMD's f32x4.relaxed_madd and relaxed_nmadd), which rounds once where the host has FMA and twice where it has not.
// One source, two modules: this pass rewrites the compiled module, as text, expression by expression.
import binaryen from 'binaryen';

/** Only where rounding may differ: int8 is exact by contract, fake quantization must agree with it, and k-means with itself. */
const contracted = /^\$assembly\/(gemm|conv|sparse|norm|optim|pool|elementwise|loss|math)\//;

const { MutableGlobals, SignExt, NontrappingFPToInt, BulkMemory, BulkMemoryOpt, SIMD128, RelaxedSIMD } =
  binaryen.Features;
const features =
  MutableGlobals | SignExt | NontrappingFPToInt | BulkMemory | BulkMemoryOpt | SIMD128 | RelaxedSIMD;

/**
 * @param {Uint8Array} wasm a module with its name section
 * @returns {{ wasm: Uint8Array, count: number }} the module without names; how many multiply-adds became one
 */
export function contract(wasm) {
  const strict = binaryen.readBinary(wasm);
  const module = parse(strict.emitText());
  strict.dispose();
  let count = 0;
  for (const part of module) {
    if (part[0] !== 'func' || !contracted.test(part[1])) continue;
    count += contractIn(part);
  }
  const fast = binaryen.parseText(write(module));
  fast.setFeatures(features);
  if (!fast.validate()) throw new Error('the contracted module is not valid');
  binaryen.setDebugInfo(false);
  const bytes = fast.emitBinary();
  fast.dispose();
  return { wasm: bytes, count };
}

/** The module without its name section; its code stays as it is. */
export function strip(wasm) {
  binaryen.setDebugInfo(false);
  const module = binaryen.readBinary(wasm);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** Contracts in place, innermost first. */
function contractIn(list) {
  let count = 0;
  for (const item of list) if (Array.isArray(item)) count += contractIn(item);
  const [op, left, right] = list;
  if (op === 'f32x4.add') {
    // (add c (mul a b)): c is now read after a and b, so they must not write what it reads.
    if (right[0] === 'f32x4.mul' && movable(left, right)) {
      list.splice(0, 3, 'f32x4.relaxed_madd', right[1], right[2], left);
      return count + 1;
    }
    if (left[0] === 'f32x4.mul') {
      list.splice(0, 3, 'f32x4.relaxed_madd', left[1], left[2], right);
      return count + 1;
    }
  }
  if (op === 'f32x4.sub' && right[0] === 'f32x4.mul' && movable(left, right)) {
    list.splice(0, 3, 'f32x4.relaxed_nmadd', right[1], right[2], left);
    return count + 1;
  }
  return count;
}

/** Whether `first` may be evaluated after `later`: it reads only locals that `later` leaves alone, and neither writes memory. */
function movable(first, later) {
  const reads = new Set();
  const writes = new Set();
  let pure = true;
  const visit = (list) => {
    const [op, name] = list;
    if (op === 'local.get') reads.add(name);
    else if (op === 'local.tee' || op === 'local.set') writes.add(name);
    else if (op === 'call' || /\.(store|grow|fill|copy)/.test(op)) pure = false;
    for (const item of list) if (Array.isArray(item)) visit(item);
  };
  visit(first);
  const firstWrites = new Set(writes);
  writes.clear();
  const firstReads = new Set(reads);
  reads.clear();
  visit(later);
  const apart = (a, b) => [...a].every((name) => !b.has(name));
  return pure && apart(firstReads, writes) && apart(firstWrites, reads) && apart(firstWrites, writes);
}

/** The s-expression as nested arrays of words; the module's own fields. Strings stay one word. */
function parse(text) {
  const stack = [[]];
  for (const [word] of text.matchAll(/"(?:[^"\\]|\\.)*"|;;[^\n]*|[()]|[^\s()";]+/g)) {
    if (word === '(') stack.push([]);
    else if (word === ')') {
      const list = stack.pop();
      stack.at(-1).push(list);
    } else if (!word.startsWith(';;')) stack.at(-1).push(word);
  }
  return stack[0][0];
}

function write(list) {
  return `(${list.map((item) => (Array.isArray(item) ? write(item) : item)).join(' ')})`;
}
