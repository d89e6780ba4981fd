/**
 * The header's text, made small: each bit of each byte is predicted from the 1 to 5 bytes before it. Both sides first
 * read a text that looks like a header (`PRIMER`), so the words every header has cost next to nothing.
 */
import { FormatError } from '../core/errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { RangeEncoder } from './range-coder.ts';
import { TextModel } from './text-model.ts';

/** Longest header text in bytes. */
export const LONGEST_TEXT = 1 << 20;

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
