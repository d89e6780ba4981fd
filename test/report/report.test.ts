import { expect, test } from 'vitest';
import { checkFloors } from '../../src/cli/demo/floors.ts';
import { type Report, remarks, type VariantResult } from '../../src/report/comparison.ts';
import { markdownTable, replaceMarked, terminalTable } from '../../src/report/table.ts';

function variant(name: string, change: Partial<VariantResult> = {}): VariantResult {
  const plain = {
    top1: 0.992,
    parameters: 1000,
    nonzero: 1000,
    macs: 5000,
    bytes: 400_000,
    ms1: 0.1,
    ms32: 0.08,
  };
  return { name, title: `<${name}>`, ...plain, ...change };
}

/** A run that meets every floor by nothing to spare, but for the one that is to be missed. */
function run(changes: Record<string, Partial<VariantResult>> = {}): Report {
  const make = (name: string, own: Partial<VariantResult>): VariantResult =>
    variant(name, { ...own, ...changes[name] });
  return {
    variants: [
      make('baseline', { top1: 0.99 }),
      make('pruned', { top1: 0.99, nonzero: 100, bytes: 50_000, ms1: 0.09, ms32: 0.07 }),
      make('shared', { top1: 0.99, bytes: 50_000 }),
      make('int8-qat', { top1: 0.989, bytes: 102_564, ms1: 0.09, ms32: 0.07 }),
      make('deep-compression', { top1: 0.989, bytes: 44_000, ms1: 0.05, ms32: 0.04 }),
      make('smallest', { top1: 0.99, bytes: 10_000, ms1: 0.05, ms32: 0.04 }),
    ],
    seed: 1,
    version: '0.0.0',
    testImages: 10_000,
    quick: false,
    machine: 'a machine',
    node: 'v20.0.0',
    seconds: 10,
    peakMemory: 1e9,
  };
}

const missed = (report: Report): string[] =>
  checkFloors(report)
    .filter((floor) => !floor.met)
    .map((floor) => floor.what);

test('floors met exactly are met', () => {
  expect(missed(run())).toEqual([]);
});

test.each([
  ['baseline', { top1: 0.9899 }, 'baseline: test top-1'],
  ['deep-compression', { bytes: 44_001 }, 'deep-compression: at most 44,000'],
  ['deep-compression', { top1: 0.9889 }, 'deep-compression: at most 0.1'],
  ['int8-qat', { top1: 0.9889 }, 'int8-qat: within'],
  ['int8-qat', { bytes: 102_565 }, 'int8-qat: at least 3.9'],
  ['int8-qat', { ms32: 0.08 }, 'int8-qat: faster'],
  ['pruned', { nonzero: 101 }, 'pruned: at least 90'],
  ['pruned', { ms1: 0.1 }, 'pruned: faster'],
  ['smallest', { bytes: 10_001 }, 'smallest: at most'],
  ['smallest', { top1: 0.9899 }, 'smallest: test top-1'],
])('a floor missed by a hair is named: %s %o', (name, change, what) => {
  expect(missed(run({ [name]: change })).filter((floor) => floor.startsWith(what))).toHaveLength(1);
});

test('a run without a variant that a floor needs cannot pass', () => {
  const report = run();
  report.variants = report.variants.filter((v) => v.name !== 'smallest');
  expect(() => checkFloors(report)).toThrow("'smallest'");
});

test('smaller but not faster is said in words, and only then', () => {
  const [shared, ...others] = remarks(run());
  expect(shared).toBe(
    'shared got 8.0 times smaller but not faster at batch 1 (1.00 times) and batch 32 (1.00 times).',
  );
  expect(others).toEqual([]);
});

test('tables hold every variant', () => {
  const report = run();
  expect(terminalTable(report).split('\n')).toHaveLength(2 + report.variants.length);
  expect(markdownTable(report)).toContain(
    '| `int8-qat` | <int8-qat> | 98.90 % | 1,000 | 1,000 | 5,000 | 102,564 | 3.9x |',
  );
});

test('a marked part is replaced and nothing else; a missing marker is refused', () => {
  const text = 'a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n';
  expect(replaceMarked(text, 't', 'new')).toBe('a\n<!-- t:begin -->\nnew\n<!-- t:end -->\nb\n');
  expect(() => replaceMarked(text, 'u', 'new')).toThrow('markers');
});
