const windowMs = 60_000;
/** Above this number of keys, those that took nothing within the last minute are removed. */
const maxIdleKeys = 100;

/** Limits how often something may be done within a minute, for each key separately. */
export class FetchBudget {
  readonly #limit: number;
  readonly #taken = new Map<string, number[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes one from the budget of a key. Returns false when the key has used up its budget for the
   * current minute. `now` is in milliseconds since 1970.
   */
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
