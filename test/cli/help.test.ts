/** What every verb says of itself. */
import { expect, test } from 'vitest';
import { paring } from './shell.ts';

const overview = paring('.', '--help').stdout;
const commands = overview.split('Commands:')[1].split('\n\n')[0].trim().split('\n');
const verbs = commands.map((line) => line.trim().split(' ')[0]).filter((name) => name !== 'help');

test('the overview lists the verbs', () => {
  const expected =
    'data train evaluate importance prune share quantize distil compress inspect import export run report bench demo';
  expect(verbs).toEqual(expected.split(' '));
  expect(paring('.').stdout).toBe(overview);
});

test.each(verbs)('%s --help ends with an example of itself, within 80 columns', (verb) => {
  const { status, stdout, stderr } = paring('.', verb, '--help');
  expect(status).toBe(0);
  expect(stderr).toBe('');
  const [options, example] = stdout.split(/\nExamples?:\n/);
  expect(example).toMatch(new RegExp(`^ {2}paring ${verb}\\b`));
  expect(Math.max(...options.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
