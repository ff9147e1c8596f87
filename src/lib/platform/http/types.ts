import type { RemoteErrorKind } from './errors.ts';

/** One request to a remote system. Undefined values in `query` are left out. */
export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Absolute URL, whose host must be one of the client's allowed hosts. */
  url: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form instead of `json`. */
  form?: Record<string, string>;
  /** Statuses besides 2xx that are returned instead of thrown, because the body is needed. */
  accept?: readonly number[];
  /**
   * What sending it does, where the method does not tell.
   * - none: it only reads, such as a search that is a POST, and is repeated like a GET
   * - once: a write that names the version or the key that it is about and so cannot take effect
   *   twice: it may be sent again when its response was lost
   */
  effect?: 'none' | 'once';
  /** The response is binary: its `body` has one character per byte (latin1). */
  binary?: boolean;
}

/** A complete response. `body` is the decoded text exactly as received. */
export interface HttpResponse {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: string;
  /** When the last byte arrived. */
  receivedAt: Date;
}

/** The only way to connect to remote systems. Failures are thrown as RemoteError. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** The outcome of one attempt at a request. */
export interface AttemptOutcome {
  /** Absent when no response arrived. */
  status?: number;
  headers?: Record<string, string>;
  /** Absent when the attempt succeeded. */
  failure?: RemoteErrorKind;
  /** The earliest time of the next attempt, if the response contained one. */
  until?: Date;
}

/** Is passed before every attempt at a request, including retries. */
export interface Gate {
  /** Whether a request passes the gate at all; absent when every request does. */
  covers?(request: HttpRequest): boolean;
  /** Resolves when the attempt may be sent; throws a RemoteError to prevent it. */
  enter(): Promise<void>;
  /** Called after every attempt that was sent. */
  leave(outcome: AttemptOutcome): Promise<void>;
  /** Called when the client is closed and sends nothing more. */
  close?(): Promise<void>;
}
