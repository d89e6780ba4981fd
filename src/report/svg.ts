/** Vega and Vega-Lite specifications to SVG text, drawn without a browser, that takes its colours and its font from the page. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeHtml } from './html.ts';

/** Colours are CSS variables of the page, so that one SVG serves light, dark and print. */
export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
export const FAINT = 'var(--faint)';
export const BEFORE = 'var(--before)';
/** Okabe and Ito's colours, told apart by people with any form of colour blindness. */
export const SERIES = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'];

const axis = {
  labelColor: MUTED,
  titleColor: MUTED,
  gridColor: FAINT,
  domainColor: FAINT,
  tickColor: FAINT,
  labelFontSize: 11,
  titleFontSize: 11,
  titleFontWeight: 'normal',
  labelOverlap: true,
} as const;

export const config = {
  background: 'transparent',
  aria: false,
  axis,
  legend: {
    labelColor: INK,
    titleColor: MUTED,
    labelFontSize: 11,
    titleFontSize: 11,
    orient: 'top',
    title: null,
    offset: 4,
    symbolSize: 60,
  },
  view: { stroke: null },
} as const;

type Spec = Omit<TopLevelSpec, '$schema' | 'config'>;

/** @param label what the picture shows, for those who do not see it */
export async function draw(label: string, spec: Spec): Promise<string> {
  const full = { padding: 2, ...spec, config, data: (spec as { data?: object }).data ?? { values: [] } };
  return drawVega(label, compile(full as TopLevelSpec).spec);
}

export async function drawVega(label: string, spec: vega.Spec): Promise<string> {
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  try {
    const svg = await view.toSVG();
    // What says nothing is a third of the text: the font is the page's, and group names serve no one.
    return svg
      .replace(/ font-family="[^"]*"/g, '')
      .replace(/ xmlns(:xlink)?="[^"]*"/g, '')
      .replace(/ class="[^"]*"/g, '')
      .replace(/ (?:version|stroke-miterlimit|aria-[a-z]+|role)="[^"]*"/g, '')
      .replace(/<path (?:pointer-events="none" )?d="(?:M0,0h0v0h0Z)?"(?: [a-z-]+="[^"]*")*><\/path>/g, '')
      .replace(/ (?:d|transform)="[^"]*"/g, (attribute) => attribute.replace(/(\d\.\d{2})\d+/g, '$1'))
      .replace('<svg', `<svg role="img" aria-label="${escapeHtml(label)}"`);
  } finally {
    view.finalize();
  }
}
