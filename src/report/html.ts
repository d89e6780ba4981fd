/** Text and numbers as HTML. */

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (c) => entities[c]);
}

/** Grouped by thousands. */
export const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;
/** Three significant digits. */
export const brief = (x: number): string => (x === 0 ? '0' : String(Number(x.toPrecision(3))));

/** A cell: text, which is escaped, or HTML that is already safe. */
export type Cell = string | { html: string };

/** A table in a box that scrolls by itself. The first `text` columns are aligned left. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], text = 1): string {
  const content = (cell: Cell): string => (typeof cell === 'string' ? escapeHtml(cell) : cell.html);
  const side = (i: number): string => (i < text ? ' class="text"' : '');
  const header = head.map((cell, i) => `<th scope="col"${side(i)}>${escapeHtml(cell)}</th>`).join('');
  const body = rows.map((row) => {
    const [first, ...rest] = row;
    const cells = rest.map((cell, i) => `<td${side(i + 1)}>${content(cell)}</td>`).join('');
    return `<tr><th scope="row" class="text">${content(first)}</th>${cells}</tr>`;
  });
  return `<div class="scroll" tabindex="0"><table><thead><tr>${header}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** A bar for a share of 0..1, with the number beside it elsewhere. */
export const bar = (share: number): Cell => ({
  html: `<span class="bar" style="--w:${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%"></span>`,
});

export const figure = (svg: string, caption: string): string =>
  `<figure>${svg}<figcaption>${caption}</figcaption></figure>`;
