/** What a run of the main job found, as out/report.json holds it. */
export interface VariantResult {
  /** Short and stable: the file is out/NAME.paring. */
  name: string;
  /** What was done, in a few words. */
  title: string;
  /** Share of the test images whose largest output is right, 0..1, by the runtime from the file. */
  top1: number;
  /** Elements of all parameters (batch norm folded or not, as the file holds them). */
  parameters: number;
  /** Of these, not zero. */
  nonzero: number;
  /** Multiply-accumulates of one image whose weight is not zero. */
  macs: number;
  /** Size of the file. */
  bytes: number;
  /** Milliseconds an image at batch 1, median. */
  ms1: number;
  /** Milliseconds an image at batch 32, median. */
  ms32: number;
}

export interface Report {
  /** The first one is the baseline. */
  variants: VariantResult[];
  seed: number;
  /** Of the package. */
  version: string;
  /** Images the test top-1 stands on. */
  testImages: number;
  /** Whether this was a run on a subset. */
  quick: boolean;
  machine: string;
  node: string;
  /** Wall time of the whole run, seconds, and its peak resident memory, bytes. */
  seconds: number;
  peakMemory: number;
}

/** What is compared. */
export type Measured = Pick<VariantResult, 'name' | 'top1' | 'bytes' | 'ms1' | 'ms32'>;

/** How a variant stands against the baseline. */
export interface Ratios {
  smaller: number;
  /** At batch 1. */
  faster: number;
  /** At batch 32. */
  faster32: number;
}

/** @param report its variants, the baseline first */
export function compareToBaseline<V extends Measured>(report: { variants: readonly V[] }): (V & Ratios)[] {
  const [baseline] = report.variants;
  return report.variants.map((v) => ({
    ...v,
    smaller: baseline.bytes / v.bytes,
    faster: baseline.ms1 / v.ms1,
    faster32: baseline.ms32 / v.ms32,
  }));
}

/**
 * In words, each variant that got smaller but not faster: compression that is not acceleration. Within 5 % counts as not
 * faster, since that is what two runs differ by.
 */
export function remarks(report: { variants: readonly Measured[] }): string[] {
  return compareToBaseline(report)
    .slice(1)
    .flatMap((v) => {
      if (v.smaller <= 1) return [`${v.name} did not get smaller (${v.smaller.toFixed(2)} times).`];
      const slow = [
        ...(v.faster < 1.05 ? [`batch 1 (${v.faster.toFixed(2)} times)`] : []),
        ...(v.faster32 < 1.05 ? [`batch 32 (${v.faster32.toFixed(2)} times)`] : []),
      ];
      if (slow.length === 0) return [];
      return [`${v.name} got ${v.smaller.toFixed(1)} times smaller but not faster at ${slow.join(' and ')}.`];
    });
}
