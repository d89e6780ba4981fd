/** The declarations of the runtime entry serve a user whose `lib` is ES2022 alone: no DOM, no WebWorker, no Node. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a consumer of lib ES2022 type-checks', () => {
  mkdirSync(`${root}out`, { recursive: true });
  const folder = mkdtempSync(`${root}out/types-`);
  try {
    const lines = [
      "import { load } from '../../dist/src/runtime.js';",
      'const model = await load(new Uint8Array(3));',
      'export const said: string = model.backend + model.reason;',
    ];
    writeFileSync(`${folder}/consumer.ts`, lines.join('\n'));
    const flags = [
      '--noEmit',
      '--ignoreConfig',
      '--lib',
      'ES2022',
      '--types',
      '',
      '--target',
      'es2022',
      '--module',
      'nodenext',
    ];
    const tsc = `${root}node_modules/typescript/bin/tsc`;
    expect(() => execFileSync(process.execPath, [tsc, ...flags, `${folder}/consumer.ts`])).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
