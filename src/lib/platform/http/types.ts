/** One request to a remote system. `query` values that are undefined are left out. */
export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Absolute URL. Its host must be one of the client's allowed hosts. */
  url: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
}

/** A complete answer. `body` is the decoded text exactly as received. */
export interface HttpAnswer {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: string;
  /** When the last byte arrived. */
  receivedAt: Date;
}

/** The one way out to remote systems. Any failure is a RemoteError. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpAnswer>;
}
