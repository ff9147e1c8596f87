import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';
import type { NewPause } from './pauses.ts';
import {
  noteReadings,
  pauseBudget,
  readPause,
  takeFromBudget,
  type BudgetOwner,
  type Told,
} from './store.ts';
import { isNews, type WindowState } from './windows.ts';
import type { Obstacle } from './labels.ts';

/** For so long a pause that another worker has begun may go unnoticed here. */
const freshMs = 1000;

/**
 * One worker's share of a connection's budget: the units it holds, and what it knows of the rest.
 */
export class BudgetShare {
  readonly #owner: BudgetOwner;
  readonly #windows: readonly RateWindow[];
  #units = 0;
  #goodUntil = 0;
  #states: WindowState[] = [];
  #obstacle: Obstacle | undefined;
  #asking: Promise<void> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The database's clock less this process's own, which nobody sets. */
  #ahead = Date.now() - performance.now();

  constructor(owner: BudgetOwner, windows: readonly RateWindow[]) {
    this.#owner = owner;
    this.#windows = windows;
  }

  /** The time by the database's clock, as near as it is known here. */
  now(): Date {
    return new Date(performance.now() + this.#ahead);
  }

  /**
   * Takes the right to send one request; or tells what stands in the way. Those who ask together
   * share one question.
   */
  async take(): Promise<Obstacle | undefined> {
    for (;;) {
      if (this.#obstacle !== undefined && this.#obstacle.until > this.now()) return this.#obstacle;
      if (this.#isFresh()) {
        this.#units -= 1;
        return undefined;
      }
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
  }

  /** Stops all workers, this one at once. */
  async pause(pause: NewPause): Promise<void> {
    this.#stopUntil(new Date(this.now().getTime() + ('ms' in pause ? pause.ms : pause.firstMs)));
    this.#stopUntil(this.#learn(await pauseBudget(this.#owner, pause)));
  }

  /** Passes on what an answer said of the windows, where that is news. */
  async note(readings: readonly WindowReading[]): Promise<void> {
    const own = this.#windows.flatMap((window) =>
      readings
        .filter((reading) => reading.window === window.name)
        .map((reading) => ({ window, reading })),
    );
    const news = own
      .filter(({ window, reading }) => isNews(window, this.#stateOf(window), reading, this.now()))
      .map(({ reading }) => reading);
    const current = own.filter(
      ({ reading: { resetsAt } }) => resetsAt === undefined || resetsAt > this.now(),
    );
    this.#units = Math.min(
      this.#units,
      ...current.map(({ reading }) => Math.max(reading.remaining, 0)),
    );
    if (news.length > 0)
      this.#states = this.#learn(await noteReadings(this.#owner, this.#windows, news));
  }

  #isFresh(): boolean {
    if (performance.now() - this.#askedAt > freshMs) return false;
    return this.#windows.length === 0 || this.#holdsUnits();
  }

  #holdsUnits(): boolean {
    return this.#units > 0 && this.#goodUntil > this.now().getTime();
  }

  /** Units that are held stay good while only the pause is asked for. */
  async #ask(): Promise<void> {
    if (this.#windows.length === 0 || this.#holdsUnits()) await this.#askForPause();
    else await this.#askForUnits();
    this.#askedAt = performance.now();
  }

  async #askForPause(): Promise<void> {
    const until = this.#learn(await readPause(this.#owner));
    if (until !== null) this.#stopUntil(until);
  }

  async #askForUnits(): Promise<void> {
    const began = performance.now();
    const took = this.#learn(await takeFromBudget(this.#owner, this.#windows));
    if (took.kind !== 'taken') {
      this.#obstacle = took;
      return;
    }
    this.#units = took.units;
    // The clock was read somewhere in between: units rather end too early than in the next window.
    this.#goodUntil = took.until.getTime() - (performance.now() - began);
    this.#states = took.states;
  }

  #stopUntil(until: Date): void {
    if (this.#obstacle?.kind !== 'paused' || this.#obstacle.until < until)
      this.#obstacle = { kind: 'paused', until };
  }

  #stateOf({ name }: RateWindow): WindowState | undefined {
    return this.#states.find(({ window }) => window === name);
  }

  #learn<T>({ at, value }: Told<T>): T {
    this.#ahead = at.getTime() - performance.now();
    return value;
  }
}
