/** Where output goes: results to stdout (with --json exactly one document), everything else to stderr. */
import { styleText } from 'node:util';
import { createProgress, type Progress } from './progress.ts';

export interface TerminalOptions {
  json?: boolean;
  quiet?: boolean;
}

export class Terminal {
  private readonly options: TerminalOptions;
  constructor(options: TerminalOptions) {
    this.options = options;
  }

  /** What was asked for: `text` for people, `data` with --json. Called once a run. */
  result(text: string, data: unknown): void {
    const { json } = this.options;
    process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text.trimEnd()}\n`);
  }

  /** News for whoever watches; nothing depends on it. */
  note(text: string): void {
    if (!this.options.quiet) process.stderr.write(`${text}\n`);
  }

  progress(): Progress {
    return this.options.quiet ? silent : createProgress();
  }

  /** Only on a terminal, and not if NO_COLOR is set. */
  bold(text: string): string {
    const colours = process.stdout.isTTY && !process.env.NO_COLOR && !this.options.json;
    return colours ? styleText('bold', text) : text;
  }
}

const silent: Progress = {
  start: () => ({ update: () => {}, finish: () => {} }),
  stop: () => {},
};

/** Rows as aligned columns; numbers (and what looks like one) to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  const right = widths.map((_, c) => cells.slice(1).every((row) => /^[-\d.,]*( %| ms)?$/.test(row[c])));
  return cells
    .map((row) =>
      row
        .map((cell, c) => (right[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** 0.9912 as people read it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
