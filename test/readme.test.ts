/** What the README shows is what runs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decode } from '../src/format/index.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

test('the example of the README trains, prunes, quantizes, saves and runs', () => {
  const source = readFileSync(path('examples/quickstart.mjs'), 'utf8');
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  expect(readFileSync(path('README.md'), 'utf8')).toContain(`\`\`\`js\n${source}\`\`\``);

  const folder = mkdtempSync(join(tmpdir(), 'paring-'));
  try {
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const printed = execFileSync(process.execPath, [path('examples/quickstart.mjs')], options);
    const [, bytes, right] = /^(\d+) bytes, (\d+) of 10000 right$/.exec(printed.trim()) as RegExpExecArray;
    const file = readFileSync(join(folder, 'lenet5.paring'));
    expect(file.length).toBe(Number(bytes));
    expect(file.length).toBeLessThan(60_000);
    expect(Number(right)).toBeGreaterThan(9_300);
    const masks = [...decode(file).params.values()].flatMap(({ mask }) => (mask ? [mask] : []));
    const count = (bit: number): number =>
      masks.reduce((n, mask) => n + mask.filter((b) => b === bit).length, 0);
    expect(count(0) / (count(0) + count(1))).toBeCloseTo(0.9, 4);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the README's script is the one that the walkthrough's test runs", () => {
  const script = /<!-- script:begin -->\n```js\n([\s\S]*?)```\n<!-- script:end -->/.exec(
    readFileSync(path('README.md'), 'utf8'),
  )?.[1];
  expect(script).toMatch(/readPicture/);
  expect(readFileSync(path('docs/walkthrough.md'), 'utf8')).toContain(`\`\`\`js use.mjs\n${script}\`\`\``);
});
