/** Ctrl-C: the first one ends the work at its next step, the second the process. */
import { Interrupted } from './errors.ts';
import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts. Its handlers are gone then, so that a second one ends the
 * process at once, whatever it is busy with.
 * @throws what `work` throws; Interrupted if it ended because of the signal
 */
export async function interruptible<T>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    release();
    terminal.note('\nparing: stops after this step; Ctrl-C once more ends it at once');
    controller.abort(new Interrupted('interrupted'));
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}

/** The command line of this process as one would type it, with `more` behind it where it is not there yet. */
export function commandLine(args: readonly string[], more: string): string {
  const all = args.includes(more) ? args : [...args, more];
  return ['paring', ...all.filter((arg) => arg !== '--fresh')].map(quoted).join(' ');
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
