/** A file of each format version that a release promises to read (docs/format.md), as the release of its time wrote it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inferenceModule } from '../../src/backend/module.ts';
import { createInferenceBackend } from '../../src/backend/wasm/inference.ts';
import { crc32 } from '../../src/format/bytes.ts';
import { decode, decodeWith, encode } from '../../src/format/index.ts';

const folder = fileURLToPath(new URL('versions/', import.meta.url));
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(folder + name));

test('there is a file of every version up to the one that is written', () => {
  const graph = decode(file('1.paring'));
  const versions = readdirSync(folder).map((name) => `${file(name)[4]}.paring`);
  expect(versions.sort()).toEqual(readdirSync(folder).sort());
  expect(versions).toContain(`${encode(graph)[4]}.paring`);
});

test('version 1: a pruned int8 student, its weights bit for bit', async () => {
  const graph = decode(file('1.paring'));
  expect(graph.nodes.map(({ op }) => op)).toContain('globalAvgPool');
  const checksums = [...graph.params.values()].map(({ values }) => crc32(new Uint8Array(values.buffer)));
  expect(crc32(new Uint8Array(Uint32Array.from(checksums).buffer))).toBe(1642257021);
  const { decoders } = createInferenceBackend(await inferenceModule());
  expect(decodeWith(file('1.paring'), decoders)).toEqual(graph);
});
