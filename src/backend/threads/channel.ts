/** The main thread's end of one worker: the list of kernel calls in shared memory, and the worker's signs of life. */
import type { Kernels } from '../wasm/family.ts';
import { slot, state } from './worker.ts';

/** Numbers that a list holds: some hundreds of calls. */
const CAPACITY = 1 << 14;
const TEXT_BYTES = 1024;

/** What a worker is given of a channel. */
export interface Shared {
  header: Int32Array;
  calls: Float64Array;
  text: Uint8Array;
}

export class Channel {
  shared: Shared = fresh();
  private length = 0;
  /** Called when a list is full in the middle of a primitive: it must post, and wait until the worker is done. */
  onFull: () => void = () => {};

  /** For a worker that takes the place of one that died: nothing the old one may still do reaches it. */
  renew(): void {
    this.shared = fresh();
    this.length = 0;
  }

  get state(): number {
    return Atomics.load(this.shared.header, slot.state);
  }

  /** Whether the worker has made all calls that were posted. */
  get idle(): boolean {
    const { header } = this.shared;
    return Atomics.load(header, slot.done) === Atomics.load(header, slot.posted);
  }

  get progress(): number {
    return Atomics.load(this.shared.header, slot.progress);
  }

  /** What the worker said went wrong, if anything did. */
  get failure(): string | null {
    const { header, text } = this.shared;
    const bytes = header[slot.failure];
    return bytes === 0 ? null : new TextDecoder().decode(text.slice(0, bytes));
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  call(kernel: number, args: readonly (number | boolean)[]): void {
    if (this.length + 2 + args.length > CAPACITY) this.onFull();
    const { calls } = this.shared;
    let at = this.length;
    calls[at++] = kernel;
    calls[at++] = args.length;
    for (let i = 0; i < args.length; i++) calls[at++] = +args[i];
    this.length = at;
  }

  /** Drops what was not posted. */
  forget(): void {
    this.length = 0;
  }

  post(): void {
    const { header } = this.shared;
    header[slot.length] = this.length;
    header[slot.failure] = 0;
    this.length = 0;
    Atomics.store(header, slot.posted, (header[slot.posted] + 1) & 0x3fffffff);
    Atomics.notify(header, slot.posted);
  }

  /** Sleeps until the worker is done, at most so long. */
  sleep(milliseconds: number): void {
    const { header } = this.shared;
    const done = Atomics.load(header, slot.done);
    if (done !== header[slot.posted]) Atomics.wait(header, slot.done, done, milliseconds);
  }

  leave(): void {
    Atomics.store(this.shared.header, slot.posted, -1);
    Atomics.notify(this.shared.header, slot.posted);
  }
}

function fresh(): Shared {
  const header = new Int32Array(new SharedArrayBuffer(64));
  header[slot.state] = state.starting;
  return {
    header,
    calls: new Float64Array(new SharedArrayBuffer(CAPACITY * 8)),
    text: new Uint8Array(new SharedArrayBuffer(TEXT_BYTES)),
  };
}

/**
 * Kernels that are not run but written down: a backend made of them turns a descriptor into calls for the worker. Those that
 * answer something (sizes) are the real ones. Call sites may write to memory themselves, before the kernels that read it; they
 * do not read what a kernel of the same call wrote.
 */
export function recorder(kernels: Kernels, numbers: ReadonlyMap<string, number>, channel: Channel): Kernels {
  const recording = Object.entries(kernels).map(([name, kernel]) => {
    const number = numbers.get(name);
    if (number === undefined) return [name, kernel];
    return [name, (...args: (number | boolean)[]) => channel.call(number, args)];
  });
  return Object.fromEntries(recording) as Kernels;
}
