/** The call site of assembly/entropy: the text of a model file's header. */
import type { Backend } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Kernels } from './family.ts';

export function textReader(kernels: Kernels, heap: Heap): NonNullable<Backend['readText']> {
  return (primer, code, length) => {
    const state = kernels.text_read_scratch();
    const scratch = heap.scratch(state + primer.length + code.length + length);
    const primerAt = scratch + state;
    const codeAt = primerAt + primer.length;
    const textAt = codeAt + code.length;
    heap.u8(primerAt, primer.length).set(primer);
    heap.u8(codeAt, code.length).set(code);
    kernels.text_read(primerAt, primer.length, codeAt, code.length, textAt, length, scratch);
    return heap.u8(textAt, length).slice();
  };
}
