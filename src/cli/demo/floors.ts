/** What a full run must reach. `paring demo --check` names each that was missed. */
import type { Report, VariantResult } from '../../report/comparison.ts';

export interface Floor {
  /** What is asked, in words. */
  what: string;
  /** What was found, in words. */
  found: string;
  met: boolean;
}

/** Accuracy differences are compared in whole images, since 0.1 points of 10,000 are 10 images exactly. */
const images = (report: Report, top1: number): number => Math.round(top1 * report.testImages);

const percent = (top1: number): string => `${(100 * top1).toFixed(2)} %`;

/** @throws Error if a variant is missing from the report: a floor that cannot be checked is not met */
export function checkFloors(report: Report): Floor[] {
  const get = (name: string): VariantResult => {
    const found = report.variants.find((v) => v.name === name);
    if (!found) throw new Error(`the floors need the variant '${name}', which this run did not make`);
    return found;
  };
  const [baseline, deep, qat, pruned, smallest] = [
    'baseline',
    'deep-compression',
    'int8-qat',
    'pruned',
    'smallest',
  ].map(get);
  const allowed = report.testImages / 1000;
  const drop = (v: VariantResult): number => images(report, baseline.top1) - images(report, v.top1);
  const zeros = 1 - pruned.nonzero / pruned.parameters;
  const smaller = baseline.bytes / qat.bytes;
  return [
    {
      what: 'baseline: test top-1 at least 99.0 %',
      found: percent(baseline.top1),
      met: baseline.top1 >= 0.99,
    },
    {
      what: 'deep-compression: at most 44,000 bytes',
      found: `${deep.bytes} bytes`,
      met: deep.bytes <= 44_000,
    },
    {
      what: 'deep-compression: at most 0.1 points under the baseline',
      found: `${percent(deep.top1)} against ${percent(baseline.top1)}`,
      met: drop(deep) <= allowed,
    },
    {
      what: 'int8-qat: within 0.1 points of the baseline',
      found: `${percent(qat.top1)} against ${percent(baseline.top1)}`,
      met: drop(qat) <= allowed,
    },
    {
      what: 'int8-qat: at least 3.9 times smaller',
      found: `${smaller.toFixed(2)} times`,
      met: smaller >= 3.9,
    },
    {
      what: 'int8-qat: faster than f32 at batch 1 and 32',
      found: `${(baseline.ms1 / qat.ms1).toFixed(2)} and ${(baseline.ms32 / qat.ms32).toFixed(2)} times`,
      met: qat.ms1 < baseline.ms1 && qat.ms32 < baseline.ms32,
    },
    { what: 'pruned: at least 90 % zeros', found: `${(100 * zeros).toFixed(1)} %`, met: zeros >= 0.9 },
    {
      what: 'pruned: faster than dense f32 at batch 1 and 32',
      found: `${(baseline.ms1 / pruned.ms1).toFixed(2)} and ${(baseline.ms32 / pruned.ms32).toFixed(2)} times`,
      met: pruned.ms1 < baseline.ms1 && pruned.ms32 < baseline.ms32,
    },
    {
      what: 'smallest: at most 10,000 bytes',
      found: `${smallest.bytes} bytes`,
      met: smallest.bytes <= 10_000,
    },
    {
      what: 'smallest: test top-1 at least 99.0 %',
      found: percent(smallest.top1),
      met: smallest.top1 >= 0.99,
    },
  ];
}
