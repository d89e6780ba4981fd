/** Plain text for people: aligned tables, grouped numbers, and no control characters from files of unknown origin. */

/**
 * Rows as lines of aligned columns, the first as a heading with a rule below it.
 * @param left how many columns, from the first, are aligned to the left; the others to the right
 */
export function alignedTable(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], '-'.repeat(Math.max(...lines.map((line) => line.length))), ...lines.slice(1)];
}

/** 431080 as 431,080, whatever the host's locale. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The text with control characters written out, so that a file's words cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}
