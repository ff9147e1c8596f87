import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';

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

/** A limit on some requests only, which count in the windows of all requests as well. */
export interface EndpointLimit {
  /** Whether the limit is one on this request. Pure. */
  covers(request: HttpRequest): boolean;
  windows: readonly RateWindow[];
}

export interface Limits {
  /** Requests in flight at most. */
  concurrency: number;
  timeoutMs: number;
  /** Absent when the source documents no quota; its pauses (429) apply all the same. */
  windows?: readonly RateWindow[];
  /** Stricter limits on some requests. The names of their windows differ from all others. */
  endpoints?: readonly EndpointLimit[];
  /** Parses the quota headers of a response. Pure. */
  readQuota?(headers: Record<string, string>, now: Date): WindowReading[];
  /**
   * The end of the pause that a refusal asks for, where it says so elsewhere or otherwise than
   * `Retry-After` does by RFC 9110; undefined for what that header says. Pure.
   */
  readPause?(response: HttpResponse): Date | undefined;
}
