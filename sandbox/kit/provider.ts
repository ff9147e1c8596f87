import type { IncomingHttpHeaders } from 'node:http';

/** A request after the kit has read it to its end. */
export interface SandboxRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /**
   * The query as it came, byte by byte and without its question mark: for links that must not be
   * spelled anew.
   */
  search: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Values of `:name` parts of the route. */
  params: Record<string, string>;
  /** The account that the credentials select, as far as `identify` could tell. */
  account: string | null;
  /** True while an `endless_pages` fault is in force: lists must never run short. */
  endless: boolean;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

export interface Route {
  method: string;
  /** Path below the provider's base, e.g. `read_client_by_id/:client_id`. */
  pattern: string;
  handle(request: SandboxRequest): Reply | Promise<Reply>;
}

/**
 * What the control endpoint may do to a provider's accounts. Each throws ControlError for a bad
 * request.
 */
export interface ProviderControl {
  accounts(): { name: string; label: string }[];
  /** Live rows by kind, in the provider's canonical shape. */
  truth(account: string, kind?: string): Record<string, unknown[]>;
  mutate(account: string, body: unknown): unknown;
  poison(account: string, body: unknown): unknown;
  /** Forgets every change that did not come from the accounts' own life. */
  rebuild(): void;
}

/** One imitated system. A new provider is one value of this type. */
export interface SandboxProvider {
  key: string;
  /** Starts and ends with a slash. */
  basePath: string;
  routes: Route[];
  /** Names the account for counters and faults; must not fail on bad credentials. */
  identify(request: Pick<SandboxRequest, 'headers' | 'query' | 'body'>): string | null;
  /** Tells lists at one address apart, for faults that repeat a page. Default: the path. */
  list?(request: Pick<SandboxRequest, 'path' | 'query'>): string;
  /** What stands in front of the API (a gateway); a reply here ends the request. */
  guard?(request: SandboxRequest): Reply | null;
  control: ProviderControl;
}

export class ControlError extends Error {
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

export function json(value: unknown, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  };
}

/** The kind of page that a gateway, not the API, answers with. */
export function htmlError(status: number, title: string): Reply {
  const body =
    `<!DOCTYPE html>\n<html><head><title>${status} ${title}</title></head>\n` +
    `<body><center><h1>${status} ${title}</h1></center>` +
    '<hr><center>gateway</center></body></html>\n';
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, body };
}
