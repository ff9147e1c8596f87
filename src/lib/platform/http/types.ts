import type { RemoteErrorKind } from './errors.ts';

/** One request to a remote system. `query` values that are undefined are left out. */
export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Absolute URL. Its host must be one of the client's allowed hosts. */
  url: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form; instead of `json`. */
  form?: Record<string, string>;
  /** Statuses beyond 2xx that are answers too, because their body says what happened. */
  accept?: readonly number[];
  /** What is expected is no text: `body` of the answer holds a character for each byte (latin1). */
  binary?: boolean;
}

/** A complete answer. `body` is the decoded text exactly as received. */
export interface HttpResponse {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: string;
  /** When the last byte arrived. */
  receivedAt: Date;
}

/** The one way out to remote systems. Any failure is a RemoteError. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** What became of one try of one request. */
export interface AttemptOutcome {
  /** Absent when no answer arrived. */
  status?: number;
  headers?: Record<string, string>;
  /** Absent when the try succeeded. */
  failure?: RemoteErrorKind;
  /** The earliest next try, when the answer named one. */
  until?: Date;
}

/** Stands before every try of every request, retries included. */
export interface Gate {
  /** Resolves when the try may be sent; throws a RemoteError to refuse it. */
  enter(): Promise<void>;
  /** Told about every try that was sent. */
  leave(outcome: AttemptOutcome): Promise<void>;
  /** Told when its client is closed and sends nothing more. */
  close?(): Promise<void>;
}
