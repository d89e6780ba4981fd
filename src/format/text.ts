/**
 * The header's text, made small: each bit of each byte is predicted from the 1 to 5 bytes before it. Both sides first
 * read a text that looks like a header (`PRIMER`), so the words every header has cost next to nothing.
 */
import { FormatError } from '../core/errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { tables } from './mixer.ts';
import { RangeDecoder, RangeEncoder } from './range-coder.ts';

/** Longest header text in bytes. */
export const LONGEST_TEXT = 1 << 20;

const ORDERS = 5;
/** One of each order, and one that looks at the byte so far alone. */
const COUNTERS = ORDERS + 1;
const BITS = 16;

/** Part of the format: a reader needs it letter by letter. */
export const PRIMER = [
  '{"name":"lenet5","inputs":[["x",[1,28,28]]],"nodes":[["conv2d","conv1",0,["weight","bias"]],',
  '["maxPool","pool1",{"kernel":[2,2],"stride":[2,2]}],["conv2d","conv2",{"activation":"relu"},["weight","bias"]],',
  '["flatten","flatten"],["linear","fc1",{"activation":"relu"},["weight","bias"]],["linear","fc2",0,["weight","bias"]]],',
  '"outputs":["fc2"],"params":[[20,1,5,5],[20],[500,800],[500],[10,500],[10]],',
  '"meta":{"input":{"range":[0,255],"mean":[0.1307],"deviation":[0.3081],"channels":"gray"},',
  '"classes":["0","1","2","3","4","5","6","7","8","9"],"output":"logits",',
  '"lineage":{"tool":"paring 0.1.0","numerics":1,"seed":1,"data":"","steps":[',
  '{"step":"train","options":{"epochs":10,"batch":64,"optimizer":{"kind":"sgd","lr":0.05,"momentum":0.9,',
  '"nesterov":true,"weightDecay":0.0005},"schedule":{"kind":"cosine","warmup":0.1},"labelSmoothing":0.1,"clipNorm":1}},',
  '{"step":"distill","options":{"teacher":"baseline","lambda":1,"temperature":4,"kind":"adamw","lr":0.002}},',
  '{"step":"prune","options":{"criterion":"magnitude","sparsity":0.9,"scope":"global"}},',
  '{"step":"channels","options":{"criterion":"fisher","ratio":0.5}},{"step":"share","options":{"k":16,"init":"linear"}},',
  '{"step":"quantize","options":{"bits":8,"observer":"minmax","calibration":512}},{"step":"fineTune","options":{}}]}}}',
  '["conv2d","dw1",{"padding":[1,1,1,1],"groups":16,"activation":"relu6"},["weight","bias"]],',
  '["conv2d","pw1",0,["weight","bias"],["dw1"]],["batchNorm","bn1",{"eps":0.00001,"momentum":0.1},',
  '["gamma","beta","mean","variance"]],["relu","relu1"],["globalAvgPool","gap"],["avgPool","pool"],["add","add1",0,[],["a","b"]],',
  '["concat","cat"],["softmax","probabilities"],["hardSwish","act"],"rgb","probabilities","dilation","countIncludePad":false\n',
].join('');

/** Counters of one order; the last table is smaller. */
const TABLE = 1 << BITS;
/** Observations that a counter counts at most. */
const LIMIT = 127;
/** Log odds times weight from which on the probability is as far from a half as it gets: 2048 in 16.16. */
const EXTREME = 1 << 27;

/** Predicts a text bit by bit from the bytes before. */
class TextModel {
  /** Probability of a 1 of 65536, and how many bits each counter has seen. */
  private readonly one = new Uint16Array(ORDERS * TABLE + 256).fill(32768);
  private readonly seen = new Uint8Array(ORDERS * TABLE + 256);
  /** [node][counter], 16.16. */
  private readonly weights = new Int32Array(256 * COUNTERS).fill(Math.floor(65536 * 0.4));
  private readonly history = new Uint8Array(ORDERS);
  private readonly hashes = new Int32Array(ORDERS);

  /** Both sides read the primer first. */
  constructor(primer: Uint8Array) {
    this.code(primer);
  }

  /** Takes in a text: writes it to `encoder`, reads it from `decoder` into `bytes`, or (with neither) only learns it. */
  code(bytes: Uint8Array, encoder?: RangeEncoder, decoder?: RangeDecoder): void {
    const { one, seen, weights, history, hashes } = this;
    const { squash, stretch, rates } = tables();
    const slots = new Int32Array(COUNTERS);
    const odds = new Int32Array(COUNTERS);
    for (let at = 0; at < bytes.length; at++) {
      const value = bytes[at];
      let node = 1;
      for (let i = 7; i >= 0; i--) {
        const spread = Math.imul(node, 0x2f0b4c47);
        const base = node * COUNTERS;
        let sum = 0;
        for (let k = 0; k < COUNTERS; k++) {
          const slot =
            k === ORDERS
              ? ORDERS * TABLE + node
              : k * TABLE + (Math.imul(hashes[k] + spread, 0x3d4d51cb) >>> (32 - BITS));
          // A counter that has seen nothing has no say.
          const own = seen[slot] === 0 ? 0 : stretch[one[slot] >> 4];
          slots[k] = slot;
          odds[k] = own;
          sum += own * weights[base + k];
        }
        const p = squash[sum >= EXTREME ? 4096 : sum < -EXTREME ? 0 : (sum >> 16) + 2048];
        const bit = decoder ? decoder.bit((4096 - p) * 16) : (value >> i) & 1;
        if (encoder) encoder.bit(bit, (4096 - p) * 16);

        const error = ((bit << 12) - p) * 6;
        const target = bit ? 65535 : 0;
        for (let k = 0; k < COUNTERS; k++) {
          weights[base + k] += (odds[k] * error + 32768) >> 16;
          const slot = slots[k];
          const n = seen[slot];
          one[slot] += ((target - one[slot]) * rates[n]) >> 14;
          if (n < LIMIT) seen[slot] = n + 1;
        }
        node = 2 * node + bit;
      }
      bytes[at] = node;
      history.copyWithin(1, 0);
      history[0] = node;
      let hash = 0;
      for (let order = 0; order < ORDERS; order++) {
        hash = Math.imul(hash + history[order] + 1, 0x2c1b3c6d);
        hashes[order] = hash;
      }
    }
  }
}

/** Writes a varint of the text's bytes in UTF-8 and a block with its code. */
export function writeText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const model = new TextModel(primerBytes());
  const encoder = new RangeEncoder();
  model.code(bytes, encoder);
  writer.varint(bytes.length);
  writer.block(encoder.finish());
}

const primerBytes = (): Uint8Array => Uint8Array.from(PRIMER, (letter) => letter.charCodeAt(0));

/** @throws FormatError if the text is longer than 1 MiB or than its block can code, or is not UTF-8 */
export function readText(reader: ByteReader): string {
  const start = reader.at;
  const length = reader.varint('length of the header', LONGEST_TEXT);
  const block = reader.block('header');
  // A bit has a probability of at most 4095/4096, so it costs 0.00035 bits or more: 2,840 bytes of text a byte of code.
  const most = 2840 * (block.left + 4);
  if (length > most) throw new FormatError(start, `a header of at most ${most} bytes`, `${length}`);
  const bytes = reader.decoders.text(primerBytes(), block.bytes(block.left, 'header'), length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(start, 'a header in UTF-8', 'other bytes');
  }
}

/** `Decoders.text` in JavaScript. */
export function decodeText(primer: Uint8Array, code: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new TextModel(primer).code(bytes, undefined, new RangeDecoder(code));
  return bytes;
}
