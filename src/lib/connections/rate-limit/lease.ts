import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';
import type { NewPause } from './pauses.ts';
import {
  recordReadings,
  pauseRateLimit,
  readPause,
  acquireRateLimit,
  type RateLimitOwner,
  type AtDbTime,
} from './store.ts';
import { isSignificant, type WindowState } from './windows.ts';
import type { Obstacle } from './errors.ts';

/** How long it may take to notice a pause that another worker has started. */
const cacheMs = 1000;

/**
 * One worker's share of a connection's rate limit. It takes units (the right to send one request
 * each) from the database in batches and spends them in memory, so that most requests need no
 * query.
 */
export class RateLimitLease {
  readonly #owner: RateLimitOwner;
  readonly #windows: readonly RateWindow[];
  #units = 0;
  #validUntil = 0;
  #states: WindowState[] = [];
  #obstacle: Obstacle | undefined;
  #pending: Promise<void> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** The database's clock minus `performance.now()`, which never jumps. */
  #clockOffsetMs = Date.now() - performance.now();

  constructor(owner: RateLimitOwner, windows: readonly RateWindow[]) {
    this.#owner = owner;
    this.#windows = windows;
  }

  /** The database's time, estimated from the last reading. */
  now(): Date {
    return new Date(performance.now() + this.#clockOffsetMs);
  }

  /**
   * Spends one unit; returns the obstacle when there is none. Concurrent callers share one query.
   */
  async acquire(): Promise<Obstacle | undefined> {
    for (;;) {
      if (this.#obstacle !== undefined && this.#obstacle.until > this.now()) return this.#obstacle;
      if (this.#isFresh()) {
        this.#units -= 1;
        return undefined;
      }
      this.#pending ??= this.#refresh().finally(() => {
        this.#pending = undefined;
      });
      await this.#pending;
    }
  }

  /** Pauses all workers; this one pauses before the database has confirmed it. */
  async pause(pause: NewPause): Promise<void> {
    this.#stopUntil(new Date(this.now().getTime() + ('ms' in pause ? pause.ms : pause.firstMs)));
    this.#stopUntil(this.#syncClock(await pauseRateLimit(this.#owner, pause)));
  }

  /** Stores the rate limit readings of a response where they tell something new. */
  async observe(readings: readonly WindowReading[]): Promise<void> {
    const own = this.#windows.flatMap((window) =>
      readings
        .filter((reading) => reading.window === window.name)
        .map((reading) => ({ window, reading })),
    );
    const significant = own
      .filter(({ window, reading }) =>
        isSignificant(window, this.#findState(window), reading, this.now()),
      )
      .map(({ reading }) => reading);
    const current = own.filter(
      ({ reading: { resetsAt } }) => resetsAt === undefined || resetsAt > this.now(),
    );
    this.#units = Math.min(
      this.#units,
      ...current.map(({ reading }) => Math.max(reading.remaining, 0)),
    );
    if (significant.length > 0)
      this.#states = this.#syncClock(await recordReadings(this.#owner, this.#windows, significant));
  }

  #isFresh(): boolean {
    if (performance.now() - this.#refreshedAt > cacheMs) return false;
    return this.#windows.length === 0 || this.#holdsUnits();
  }

  #holdsUnits(): boolean {
    return this.#units > 0 && this.#validUntil > this.now().getTime();
  }

  /** Reads only the pause while units are left, and takes new units otherwise. */
  async #refresh(): Promise<void> {
    if (this.#windows.length === 0 || this.#holdsUnits()) await this.#refreshPause();
    else await this.#acquireUnits();
    this.#refreshedAt = performance.now();
  }

  async #refreshPause(): Promise<void> {
    const until = this.#syncClock(await readPause(this.#owner));
    if (until !== null) this.#stopUntil(until);
  }

  async #acquireUnits(): Promise<void> {
    const began = performance.now();
    const acquired = this.#syncClock(await acquireRateLimit(this.#owner, this.#windows));
    if (acquired.kind !== 'taken') {
      this.#obstacle = acquired;
      return;
    }
    this.#units = acquired.units;
    // The clock was read at some point during the query. Taking off the whole duration makes units
    // expire too early rather than in the next window.
    this.#validUntil = acquired.until.getTime() - (performance.now() - began);
    this.#states = acquired.states;
  }

  #stopUntil(until: Date): void {
    if (this.#obstacle?.kind !== 'paused' || this.#obstacle.until < until)
      this.#obstacle = { kind: 'paused', until };
  }

  #findState({ name }: RateWindow): WindowState | undefined {
    return this.#states.find(({ window }) => window === name);
  }

  #syncClock<T>({ at, value }: AtDbTime<T>): T {
    this.#clockOffsetMs = at.getTime() - performance.now();
    return value;
  }
}
