/** The filters of a first convolution as one picture, and what the picture is of. */
import { PNG } from 'pngjs';
import type { Graph, Param } from '../graph/graph.ts';
import { plannedValues } from '../graph/weights.ts';

/** Filters a row and altogether. */
const COLUMNS = 10;
const MOST = 60;
/** Positive and negative weights, told apart by anyone; zero is transparent, so that it is the page's colour. */
const POSITIVE = [213, 94, 0];
const NEGATIVE = [0, 114, 178];

export interface FilterPicture {
  /** PNG, base64. */
  png: string;
  /** In weights, with one between filters. */
  width: number;
  height: number;
  filters: number;
  shown: number;
}

/** Weight [co][ci][kh][kw] of the first convolution that reads the image, if there is one larger than 1x1. */
export function firstFilters(graph: Graph): Param | undefined {
  const node = graph.nodes.find(
    (n) => n.op === 'conv2d' && graph.inputs.some((i) => n.inputs.includes(i.name)),
  );
  const param = node && graph.params.get(node.params.weight);
  return param && param.shape[2] * param.shape[3] > 1 ? param : undefined;
}

/**
 * Three input channels are shown as colours, each filter from its lowest to its highest weight; any other number by its
 * mean over the channels, negative to positive, all filters on one scale.
 */
export function filterPicture(param: Param): FilterPicture {
  const [filters, channels, kh, kw] = param.shape;
  const values = plannedValues(param);
  const shown = Math.min(filters, MOST);
  const columns = Math.min(COLUMNS, shown);
  const width = columns * (kw + 1) - 1;
  const height = Math.ceil(shown / columns) * (kh + 1) - 1;
  const png = new PNG({ width, height });
  const size = channels * kh * kw;
  const largest = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  for (let f = 0; f < shown; f++) {
    const filter = values.subarray(f * size, (f + 1) * size);
    const left = (f % columns) * (kw + 1);
    const top = Math.floor(f / columns) * (kh + 1);
    for (let i = 0; i < kh * kw; i++) {
      const at = 4 * ((top + Math.floor(i / kw)) * width + left + (i % kw));
      const weights = Array.from({ length: channels }, (_, c) => filter[c * kh * kw + i]);
      png.data.set(channels === 3 ? colour(weights, filter) : signed(weights, largest), at);
    }
  }
  return { png: PNG.sync.write(png).toString('base64'), width, height, filters, shown };
}

function colour(weights: readonly number[], filter: Float32Array): number[] {
  const low = Math.min(...filter);
  const span = Math.max(...filter) - low || 1;
  return [...weights.map((w) => Math.round((255 * (w - low)) / span)), 255];
}

function signed(weights: readonly number[], largest: number): number[] {
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  return [...(mean < 0 ? NEGATIVE : POSITIVE), Math.round(255 * Math.min(1, Math.abs(mean) / largest))];
}
