/**
 * The sandbox's own time: a base (the wall clock, or a fixed instant) plus a shift that tests can
 * change.
 */
export class SandboxClock {
  readonly #base: () => number;
  #shiftMs = 0;

  /**
   * @param base epoch milliseconds that stand still, or a function that yields them; default: the
   * wall clock
   */
  constructor(base: number | (() => number) = Date.now) {
    this.#base = typeof base === 'number' ? () => base : base;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#base() + this.#shiftMs;
  }

  /**
   * Moves time by `ms`. Accounts only live forwards: going back does not undo what has happened.
   */
  shift(ms: number): void {
    this.#shiftMs += ms;
  }

  reset(): void {
    this.#shiftMs = 0;
  }
}

/** 'Y-m-d H:i:s' in UTC, without a zone. */
export function dateTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');
}
