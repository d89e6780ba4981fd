/** Progress of several jobs at once: bars with rate and time left on a terminal, plain lines when piped. Always on stderr. */
import cliProgress from 'cli-progress';

export interface JobProgress {
  /** Work done of the job's total in any unit; `rate` as people read it ('1200 images/s'). */
  update(done: number, total: number, rate: string, note: string): void;
  finish(note: string): void;
}

export interface Progress {
  start(name: string): JobProgress;
  stop(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WriteStream): Progress {
  const multi = new cliProgress.MultiBar(
    {
      format: '{name} [{bar}] {percentage} %  {rate}  {left} left  {note}',
      stream,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
    },
    cliProgress.Presets.rect,
  );
  return {
    start(name) {
      const blank = { name: name.padEnd(16), rate: '', left: '?', note: '' };
      const bar = multi.create(1, 0, blank);
      const start = Date.now();
      return {
        update(done, total, rate, note) {
          bar.setTotal(total);
          bar.update(done, { rate, left: timeLeft(start, done, total), note });
        },
        finish(note) {
          multi.remove(bar);
          multi.log(`${name.padEnd(16)} ${seconds(start)}  ${note}\n`);
        },
      };
    },
    stop: () => multi.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  const write = (text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    start(name) {
      const start = Date.now();
      let next = start + 10_000;
      write(`${name}: started`);
      return {
        update(done, total, rate, note) {
          if (Date.now() < next) return;
          next = Date.now() + 10_000;
          const percent = Math.floor((100 * done) / total);
          write(
            `${name}: ${[`${percent} %`, rate, `${timeLeft(start, done, total)} left`, note].filter(Boolean).join(', ')}`,
          );
        },
        finish: (note) => write(`${name}: done in ${seconds(start)}, ${note}`),
      };
    },
    stop: () => {},
  };
}

function seconds(start: number): string {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}

function timeLeft(start: number, done: number, total: number): string {
  if (done <= 0) return '?';
  const elapsed = (Date.now() - start) / 1000;
  return `${Math.ceil((elapsed / done) * (total - done))} s`;
}
