/**
 * Walks the instructions of a function body, as far as finding its calls takes: which immediates follow which opcode
 * (WebAssembly 2.0, and the relaxed SIMD and threads proposals). An opcode it does not know is an error, never a guess.
 */
import { malformed, type WasmReader } from './bytes.ts';

/** What follows an opcode: LEB numbers, or so many bytes. */
type Immediates = { numbers?: number; bytes?: number };

const none: Immediates = {};
const one: Immediates = { numbers: 1 };
const memory: Immediates = { numbers: 2 }; // alignment and offset

function plain(opcode: number): Immediates | undefined {
  if (opcode >= 0x45 && opcode <= 0xc4) return none; // comparisons, arithmetic, conversions
  if (opcode >= 0x28 && opcode <= 0x3e) return memory; // loads and stores
  if (opcode >= 0x20 && opcode <= 0x26) return one; // locals, globals, table.get and table.set
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return none;
    case 0x02: // block, loop, if: a type
    case 0x03:
    case 0x04:
    case 0x0c: // br, br_if: a label
    case 0x0d:
    case 0x3f: // memory.size, memory.grow
    case 0x40:
    case 0x41: // i32.const, i64.const
    case 0x42:
    case 0xd0: // ref.null
      return one;
    case 0x43:
      return { bytes: 4 };
    case 0x44:
      return { bytes: 8 };
    default:
      return undefined;
  }
}

/** Opcodes after 0xfc: saturating conversions, then bulk memory. */
function bulk(opcode: number): Immediates | undefined {
  if (opcode <= 7) return none;
  if (opcode === 8 || opcode === 10) return { numbers: 2 }; // memory.init, memory.copy
  if (opcode === 9 || opcode === 11) return one; // data.drop, memory.fill
  return undefined;
}

/** Opcodes after 0xfd: SIMD. */
function simd(opcode: number): Immediates | undefined {
  if (opcode <= 11 || opcode === 92 || opcode === 93) return memory;
  if (opcode === 12 || opcode === 13) return { bytes: 16 }; // v128.const, i8x16.shuffle
  if (opcode >= 21 && opcode <= 34) return { bytes: 1 }; // a lane
  if (opcode >= 84 && opcode <= 91) return { numbers: 2, bytes: 1 }; // a lane of memory
  return opcode <= 0x113 ? none : undefined;
}

/** Opcodes after 0xfe: atomics. */
function atomic(opcode: number): Immediates | undefined {
  if (opcode === 3) return { bytes: 1 }; // a fence
  return opcode <= 0x4e ? memory : undefined;
}

const prefixes: Record<number, ((opcode: number) => Immediates | undefined) | undefined> = {
  252: bulk,
  253: simd,
  254: atomic,
};

/**
 * Goes through the instructions from where the reader stands to its end.
 * @param call told of every function index: from which byte to which it stands, and what it is
 * @throws BackendError for an opcode that is not listed, or a call through a table, whose targets cannot be seen
 */
export function walk(reader: WasmReader, call: (from: number, to: number, callee: number) => void): void {
  while (!reader.done) {
    const at = reader.at;
    const opcode = reader.u8();
    if (opcode === 0x10 || opcode === 0xd2) {
      const from = reader.at;
      const callee = reader.u32();
      call(from, reader.at, callee);
    } else if (opcode === 0x0e) {
      // br_table: labels and a default
      for (let left = reader.u32() + 1; left > 0; left--) reader.skipNumber();
    } else if (opcode === 0x1c) {
      reader.bytes(reader.u32()); // select with types
    } else {
      const prefix = prefixes[opcode];
      const number = prefix ? reader.u32() : opcode;
      const immediates = prefix ? prefix(number) : plain(opcode);
      if (!immediates) throw malformed(`opcode ${opcode.toString(16)} ${number} at byte ${at}`);
      for (let left = immediates.numbers ?? 0; left > 0; left--) reader.skipNumber();
      reader.bytes(immediates.bytes ?? 0);
    }
  }
}
