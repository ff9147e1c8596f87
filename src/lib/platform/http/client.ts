import { Agent } from 'undici';
import { RemoteError, type RemoteErrorKind } from './errors.ts';
import { exchange, abortedError, type ExchangeLimits } from './exchange.ts';
import { checkUrl, guardedLookup, type Destinations, type Resolve } from './guard.ts';
import { parseRetryAfter } from './retry-after.ts';
import { defaultRetry, sleepFor, withRetries, type RetryPolicy, type Sleep } from './retry.ts';
import { toStatusError } from './status.ts';
import type { Gate, HttpResponse, HttpClient, HttpRequest, AttemptOutcome } from './types.ts';

/** One attempt at a request, for logs and metrics, without its query, headers and body. */
export interface RequestEvent {
  method: string;
  host: string;
  path: string;
  /** Counted from 1. */
  attempt: number;
  /** Absent when no response arrived. */
  status?: number;
  /** Absent when the attempt succeeded. */
  failure?: RemoteErrorKind;
  ms: number;
}

export interface HttpClientOptions extends Destinations {
  /** Bounds one attempt, from connecting to the last byte. Default 30 seconds. */
  deadlineMs?: number;
  /** The largest body that is accepted, after decompression. Default 16 MiB. */
  maxBytes?: number;
  retry?: Partial<RetryPolicy>;
  /** Aborts requests in flight and waits between attempts. */
  signal?: AbortSignal;
  onRequest?: (event: RequestEvent) => void;
  /** Entered before each attempt in this order, and left after it in reverse order. */
  gates?: readonly Gate[];
  /**
   * The end of the pause that a refusal asks for, where the source spells it in a way of its own;
   * undefined for what `Retry-After` says. Pure.
   */
  readPause?: (response: HttpResponse) => Date | undefined;
  now?: () => Date;
  sleep?: Sleep;
  /** Resolves host names. Default: the system's resolver. The addresses are always checked. */
  resolve?: Resolve;
}

/** An HTTP client with its own connections, which `close` ends. */
export interface OwnedHttpClient extends HttpClient {
  close(): Promise<void>;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Creates the only kind of client that connects to remote systems. It never follows redirects, only
 * connects to allowed hosts at public addresses, bounds time and size, and retries what is worth
 * retrying. Every response that it returns is complete and has a 2xx status or one that the request
 * accepts; everything else is thrown as a RemoteError.
 */
export function createHttpClient(options: HttpClientOptions): OwnedHttpClient {
  const { now = () => new Date(), sleep = sleepFor, signal } = options;
  const limits = {
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    now,
    signal,
    readPause: options.readPause,
  };
  const tools = { policy: { ...defaultRetry, ...options.retry }, now, sleep, signal };
  const lookup = guardedLookup(options.allowLoopback, options.resolve);
  const agent = new Agent({ allowH2: false, connect: { lookup, timeout: limits.deadlineMs } });
  return {
    async request(request) {
      const url = appendQuery(checkUrl(request.url, options), request.query);
      const attemptOnce = (attempt: number) =>
        withGates(options.gates ?? [], request, () =>
          withObserver({ attempt, url, method: request.method ?? 'GET' }, options.onRequest, () =>
            sendOnce(agent, url, request, limits),
          ),
        );
      return withRetries(
        attemptOnce,
        (error) => !signal?.aborted && isWorthRetrying(error, request),
        tools,
      );
    },
    async close() {
      await agent.destroy();
      for (const gate of options.gates ?? []) await gate.close?.();
    },
  };
}

function appendQuery(url: URL, query: HttpRequest['query'] = {}): URL {
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

async function sendOnce(
  agent: Agent,
  url: URL,
  request: HttpRequest,
  limits: ExchangeLimits & Pick<HttpClientOptions, 'readPause'>,
): Promise<HttpResponse> {
  if (limits.signal?.aborted) throw abortedError(url.hostname);
  const { response, framed } = await exchange(agent, url, request, limits);
  if (request.accept?.includes(response.status)) return response;
  const until =
    (response.status < 300 ? undefined : limits.readPause?.(response)) ??
    parseRetryAfter(response.headers['retry-after'], limits.now());
  const failure = toStatusError(response.status, url.hostname, {
    headers: response.headers,
    ...(until && { until }),
  });
  if (failure) throw failure;
  if (wantsJson(request)) checkJson(response, framed, url.hostname);
  return response;
}

function wantsJson({ headers = {} }: HttpRequest): boolean {
  const accept = Object.entries(headers).find(([name]) => name.toLowerCase() === 'accept')?.[1];
  return accept === undefined || accept.includes('json');
}

const WEB_PAGE =
  'returned a web page instead of data, probably a maintenance page. ' +
  'We will try again automatically.';
const TRUNCATED =
  'closed the connection before the response was complete. We will try again automatically.';

/**
 * Throws a transient error for web pages with status 200, which come from gateways and disappear
 * with the outage. The body decides and not the content type, because some servers declare their
 * JSON as text/html.
 */
function checkJson({ body, status }: HttpResponse, framed: boolean, host: string): void {
  if (/^\s*</.test(body)) throw new RemoteError('transient', `${host} ${WEB_PAGE}`, { status });
  if (!framed && status !== 204 && !isJson(body))
    throw new RemoteError('transient', `${host} ${TRUNCATED}`, { status });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads are repeated after any temporary failure; writes only when the source says that it did not
 * process them.
 */
function isWorthRetrying(
  { kind, unsent }: RemoteError,
  { method = 'GET', effect }: HttpRequest,
): boolean {
  if (unsent) return false;
  const repeatable = effect === 'none' || (method !== 'POST' && method !== 'PATCH');
  return kind === 'rate_limited' || (kind === 'transient' && repeatable);
}

async function withGates(
  all: readonly Gate[],
  request: HttpRequest,
  send: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const gates = all.filter(({ covers }) => covers?.(request) ?? true);
  for (const gate of gates) await gate.enter();
  const notify = async (outcome: AttemptOutcome) => {
    for (const gate of gates.toReversed()) await gate.leave(outcome);
  };
  let response: HttpResponse;
  try {
    response = await send();
  } catch (error) {
    if (error instanceof RemoteError) await notify(toOutcome(error));
    throw error;
  }
  await notify({ status: response.status, headers: response.headers });
  return response;
}

function toOutcome({ kind, status, headers, until }: RemoteError): AttemptOutcome {
  return {
    failure: kind,
    ...(status !== undefined && { status }),
    ...(headers && { headers }),
    ...(until && { until }),
  };
}

async function withObserver(
  { url, method, attempt }: { url: URL; method: string; attempt: number },
  onRequest: HttpClientOptions['onRequest'],
  run: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const startedAt = performance.now();
  const notify = (outcome: Pick<RequestEvent, 'status' | 'failure'>) =>
    onRequest?.({
      method,
      host: url.host,
      path: url.pathname,
      attempt,
      ...outcome,
      ms: performance.now() - startedAt,
    });
  try {
    const response = await run();
    notify({ status: response.status });
    return response;
  } catch (error) {
    const { kind, status } =
      error instanceof RemoteError ? error : new RemoteError('transient', '');
    notify({ failure: kind, ...(status !== undefined && { status }) });
    throw error;
  }
}
