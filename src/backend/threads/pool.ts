/**
 * The workers of one backend: fork and join. `run` hands each worker its list, does the main thread's own share, and waits.
 * Waiting is synchronous, as primitives are, so a death can't be heard of by an event; it is noticed by silence.
 *
 * A worker that died in a call takes the call's result with it: the call throws. The pool starts another one; until that is ready,
 * everything runs on the main thread, which changes no bit.
 */
import { BackendError } from '../../core/errors.ts';
import { Channel } from './channel.ts';
import { maySleep, poll, startThread, type Thread } from './host.ts';
import { type Post, state } from './worker.ts';

/** A worker that is silent for so long after the main thread is through is taken for dead, milliseconds. */
const SILENCE = 700;
/** ... or for so many times what the main thread's own share took, where that is more: large kernels are silent for long. */
const SILENCE_SHARES = 4;
/** How long the main thread looks out for the end before it goes to sleep, and workers for the next list. */
const SPIN = 0.5;
const WORKER_PATIENCE = 0.3;
/** Workers in a row that may die before the pool gives up. */
const MOST_DEATHS = 5;
const START_LIMIT = 10_000;

interface Member {
  channel: Channel;
  thread: Thread;
}

export class Pool {
  readonly channels: readonly Channel[];
  private readonly members: Member[] = [];
  private readonly post: Pick<Post, 'module' | 'memory' | 'names'>;
  private readonly sleeps = maySleep();
  private deaths = 0;
  private closed = false;
  /** Why the main thread works alone at the moment; null if it does not. */
  trouble: string | null = null;

  /** @throws what the host throws if it cannot start workers */
  constructor(workers: number, post: Pick<Post, 'module' | 'memory' | 'names'>) {
    this.post = post;
    this.channels = Array.from({ length: workers }, () => new Channel());
    for (const channel of this.channels) {
      channel.onFull = () => {
        channel.post();
        this.await(channel, 0, 'a long list of calls');
      };
      this.members.push({ channel, thread: this.start(channel) });
    }
  }

  /** Resolves when every worker is ready. @throws BackendError if one cannot start */
  async ready(): Promise<void> {
    const until = performance.now() + START_LIMIT;
    await poll(
      () =>
        this.trouble !== null ||
        performance.now() > until ||
        this.channels.every((channel) => channel.state !== state.starting),
    );
    const failed = this.channels.find((channel) => channel.state !== state.ready);
    if (!failed) return;
    const why = this.trouble ?? failed.failure ?? `it was not ready within ${START_LIMIT / 1000} s`;
    this.close();
    throw new BackendError('wasm', `threads: a worker cannot start: ${why}`);
  }

  /** Who works now, in words. */
  get standing(): string {
    if (this.closed) return 'one thread: the others were closed';
    if (this.isWhole || this.trouble === null) return `${this.members.length + 1} threads on shared memory`;
    return `one thread at the moment: ${this.trouble}`;
  }

  /** Whether all workers take part now. */
  get isWhole(): boolean {
    if (this.closed) return false;
    const whole = this.channels.every((channel) => channel.state === state.ready && channel.idle);
    if (whole) this.trouble = null;
    return whole;
  }

  /**
   * Posts what has been written to the first `count` channels, runs `own`, and waits for all.
   * @throws BackendError if a worker died or its kernels failed, when all others are through
   */
  run(count: number, what: string, own: () => void): void {
    for (let i = 0; i < count; i++) this.channels[i].post();
    const begin = performance.now();
    let failure: unknown;
    try {
      own();
    } catch (error) {
      failure = error;
    }
    const took = performance.now() - begin;
    for (let i = 0; i < count; i++) {
      try {
        this.await(this.channels[i], took, what);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    this.deaths = 0;
  }

  /** Ends all workers. Later calls run on the main thread alone. */
  close(): void {
    this.closed = true;
    for (const { channel, thread } of this.members) {
      channel.leave();
      thread.terminate();
    }
  }

  private await(channel: Channel, own: number, what: string): void {
    const limit = Math.max(SILENCE, SILENCE_SHARES * own);
    let last = performance.now();
    const spinning = last + SPIN;
    let { progress } = channel;
    while (!channel.idle) {
      for (let i = 0; i < 50; i++) if (channel.idle) break;
      const now = performance.now();
      if (channel.progress !== progress) {
        ({ progress } = channel);
        last = now;
      } else if (now - last > limit) {
        this.bury(channel, 'it fell silent in the middle of a call');
        throw new BackendError(
          'wasm',
          `a worker thread died in ${what}; the result is lost, and later calls are not affected`,
        );
      }
      if (this.sleeps && now > spinning) channel.sleep(20);
    }
    const { failure } = channel;
    if (failure !== null) throw new BackendError('wasm', `a worker thread failed in ${what}: ${failure}`);
  }

  /** Puts another worker in the place of a dead one. */
  private bury(channel: Channel, why: string): void {
    const member = this.members.find((one) => one.channel === channel);
    if (!member || this.closed) return;
    channel.leave();
    member.thread.terminate();
    this.deaths += 1;
    this.trouble = `a worker thread died (${why})`;
    channel.renew();
    if (this.deaths > MOST_DEATHS) {
      this.trouble = `${this.deaths} worker threads died one after the other (${why})`;
      return;
    }
    member.thread = this.start(channel);
  }

  private start(channel: Channel): Thread {
    const { shared } = channel;
    return startThread({ ...this.post, ...shared, patience: WORKER_PATIENCE }, (why) => {
      // The event may be about a worker that has been replaced.
      if (channel.shared === shared) this.bury(channel, why);
    });
  }
}
