/** docs/format.md holds the texts and constants a reader needs, letter by letter. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PRIMER } from '../../src/format/text.ts';

const page = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');

test('the primer on the page is the primer in use', () => {
  const lines = /```text\n([\s\S]*?)\n```/.exec(page)?.[1].split('\n') ?? [];
  expect(`${lines.join('')}\n`).toBe(PRIMER);
});

test('so is the logistic table', () => {
  const source = readFileSync(new URL('../../src/format/mixer.ts', import.meta.url), 'utf8');
  const table = /const LOGISTIC = \[([\s\S]*?)\];/.exec(source)?.[1].match(/\d+/g)?.join(' ') ?? 'none';
  expect(page.replace(/\s+/g, ' ')).toContain(table);
});
