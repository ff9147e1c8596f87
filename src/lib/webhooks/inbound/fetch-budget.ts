const windowMs = 60_000;
/** Keys that took nothing for a minute are forgotten when there are more than this. */
const maxIdleKeys = 100;

/** How often something may be done within a minute, counted for each key by itself. */
export class FetchBudget {
  readonly #limit: number;
  readonly #taken = new Map<string, number[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes one, and answers false when a key has used up what it may within a minute. */
  take(key: string, now = Date.now()): boolean {
    if (this.#taken.size > maxIdleKeys) this.#forgetIdleKeys(now);
    const taken = this.#recent(key, now);
    if (taken.length >= this.#limit) return false;
    this.#taken.set(key, [...taken, now]);
    return true;
  }

  reset(): void {
    this.#taken.clear();
  }

  #recent(key: string, now: number): number[] {
    return (this.#taken.get(key) ?? []).filter((at) => at > now - windowMs);
  }

  #forgetIdleKeys(now: number): void {
    for (const key of this.#taken.keys())
      if (this.#recent(key, now).length === 0) this.#taken.delete(key);
  }
}
