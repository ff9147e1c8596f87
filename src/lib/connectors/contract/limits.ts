/** One window of a source's rate limit. */
export interface RateWindow {
  name: string;
  seconds: number;
  requests: number;
}

/** The state of a window according to the headers of a response. */
export interface WindowReading {
  window: string;
  remaining: number;
  ceiling?: number;
  resetsAt?: Date;
}

export interface Limits {
  /** Requests in flight at most. */
  concurrency: number;
  timeoutMs: number;
  /** Absent when the source documents no quota; its pauses (429) apply all the same. */
  windows?: readonly RateWindow[];
  /** Parses the quota headers of a response. Pure. */
  readQuota?(headers: Record<string, string>, now: Date): WindowReading[];
}
