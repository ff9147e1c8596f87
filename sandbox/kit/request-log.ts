import type { Target } from './faults.ts';

/** Old entries give way, so that a long-lived sandbox stays small. */
const KEPT_ENTRIES = 2_000;

export interface LogEntry extends Target {
  seq: number;
  at: string;
  path: string;
  /** Null while the request is under way or when its socket was destroyed. */
  status: number | null;
  fault: string | null;
}

export interface Counter {
  requests: number;
  inFlight: number;
  maxConcurrency: number;
  faults: number;
  statuses: Record<string, number>;
}

export interface Counters {
  total: Counter;
  byAccount: Record<string, Counter>;
  byEndpoint: Record<string, Counter>;
}

/** Remembers requests without their headers, so that no secret can be read back. */
export class RequestLog {
  #entries: LogEntry[] = [];
  #seq = 0;
  #total = emptyCounter();
  #byAccount = new Map<string, Counter>();
  #byEndpoint = new Map<string, Counter>();

  /** @returns a function to call exactly once, when the request has ended */
  begin(
    target: Target,
    path: string,
    now: number,
  ): (outcome: { status: number | null; fault: string | null }) => void {
    const entry: LogEntry = {
      ...target,
      seq: ++this.#seq,
      at: new Date(now).toISOString(),
      path,
      status: null,
      fault: null,
    };
    if (this.#entries.push(entry) > KEPT_ENTRIES * 2)
      this.#entries = this.#entries.slice(-KEPT_ENTRIES);
    const counters = this.#findCounters(target);
    for (const counter of counters) {
      counter.requests++;
      counter.maxConcurrency = Math.max(counter.maxConcurrency, ++counter.inFlight);
    }
    return ({ status, fault }) => {
      Object.assign(entry, { status, fault });
      for (const counter of counters) settle(counter, status, fault);
    };
  }

  entries(): LogEntry[] {
    return this.#entries.slice(-KEPT_ENTRIES);
  }

  counters(): Counters {
    return {
      total: this.#total,
      byAccount: Object.fromEntries(this.#byAccount),
      byEndpoint: Object.fromEntries(this.#byEndpoint),
    };
  }

  clear(): void {
    this.#entries = [];
    this.#total = emptyCounter();
    this.#byAccount.clear();
    this.#byEndpoint.clear();
  }

  #findCounters({ provider, account, endpoint }: Target): Counter[] {
    const owner = `${provider}/${account ?? '-'}`;
    return [
      this.#total,
      counterAt(this.#byAccount, owner),
      counterAt(this.#byEndpoint, `${owner} ${endpoint}`),
    ];
  }
}

function settle(counter: Counter, status: number | null, fault: string | null): void {
  counter.inFlight--;
  if (fault) counter.faults++;
  const key = status === null ? 'destroyed' : String(status);
  counter.statuses[key] = (counter.statuses[key] ?? 0) + 1;
}

function counterAt(counters: Map<string, Counter>, key: string): Counter {
  const counter = counters.get(key) ?? emptyCounter();
  counters.set(key, counter);
  return counter;
}

function emptyCounter(): Counter {
  return { requests: 0, inFlight: 0, maxConcurrency: 0, faults: 0, statuses: {} };
}
