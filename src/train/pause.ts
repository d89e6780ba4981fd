/** Lets the event loop run now and then, so that progress bars move and Ctrl-C is heard during long computations. */

/** Longest the event loop waits, in ms. */
const INTERVAL = 50;

export class Pause {
  private last = performance.now();

  /** Returns to the event loop if it has waited long enough, else goes on at once. */
  async when(): Promise<void> {
    if (performance.now() - this.last < INTERVAL) return;
    // A timer is a macrotask on every host; promises alone would not let input and timers in.
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.last = performance.now();
  }
}
