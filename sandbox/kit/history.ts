const DAY = 86_400_000;

/** Something that happens in an account on its own. */
export interface HistoryEvent {
  /** Epoch milliseconds. */
  at: number;
  /** Breaks ties, so that the order never depends on how much was played at once. */
  key: string;
  happen(): void;
}

interface Pace {
  /** How many stories have begun at `countedOn`; they keep beginning at the same pace. */
  stories: number;
  /** Epoch milliseconds. */
  countedOn: number;
  historyDays?: number | undefined;
}

/** How far back the first story lies, in days, unless told otherwise. */
const HISTORY_DAYS = 180;

/** Plays what happens in an account in order, as time goes by: one story after the other begins. */
export class History {
  readonly #pace: Pace;
  /** The events of the story with that number, which begins at that time. */
  readonly #plan: (index: number, at: number) => HistoryEvent[];
  #pending: HistoryEvent[] = [];
  #begun = 0;

  constructor(pace: Pace, plan: (index: number, at: number) => HistoryEvent[]) {
    this.#pace = pace;
    this.#plan = plan;
  }

  /** Plays all that has happened until `now`, in order. */
  until(now: number): void {
    const { stories } = this.#pace;
    for (; stories > 0 && this.#nextBegins() <= now; this.#begun += 1)
      this.#pending.push(...this.#plan(this.#begun, this.#nextBegins()));
    if (!this.#pending.some(({ at }) => at <= now)) return;
    const due = this.#pending
      .filter(({ at }) => at <= now)
      .toSorted((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
    this.#pending = this.#pending.filter(({ at }) => at > now);
    for (const event of due) event.happen();
  }

  #nextBegins(): number {
    const { stories, countedOn, historyDays = HISTORY_DAYS } = this.#pace;
    const apart = (historyDays * DAY) / Math.max(stories, 1);
    return Math.round(countedOn - historyDays * DAY + (this.#begun + 1) * apart);
  }
}
