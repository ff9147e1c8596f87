/** One window of a source's rate limit. */
export interface RateWindow {
  name: string;
  seconds: number;
  requests: number;
}

/** What an answer's headers say of a window. */
export interface WindowReading {
  window: string;
  remaining: number;
  ceiling?: number;
  resetsAt?: Date;
}

export interface Limits {
  /** Requests under way at once. */
  concurrency: number;
  timeoutMs: number;
  /** Absent: the source names no quota; only its pauses (429) are shared. */
  windows?: readonly RateWindow[];
  /** Reads the quota headers of an answer. Pure. */
  readQuota?(headers: Record<string, string>, now: Date): WindowReading[];
}
