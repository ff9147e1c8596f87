import { Agent, request as send, type Dispatcher } from 'undici';
import { readText } from './body.ts';
import { RemoteError } from './errors.ts';
import type { HttpResponse, HttpRequest } from './types.ts';

/** What one exchange is bounded by. */
export interface ExchangeLimits {
  deadlineMs: number;
  maxBytes: number;
  now: () => Date;
  signal?: AbortSignal | undefined;
}

/**
 * Sends one request and reads its whole answer, whatever the status. The deadline spans everything
 * from the connection to the last byte, so that a body that drips for ever is cut off too. Any
 * failure is a RemoteError that names the host and a code, and nothing that was sent or received.
 */
export async function exchange(
  agent: Agent,
  url: URL,
  request: HttpRequest,
  limits: ExchangeLimits,
): Promise<{ response: HttpResponse; framed: boolean }> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), limits.deadlineMs);
  const signal = limits.signal
    ? AbortSignal.any([deadline.signal, limits.signal])
    : deadline.signal;
  try {
    const rawResponse = await send(url, { dispatcher: agent, signal, ...buildRequest(request) });
    return await readResponse(rawResponse, url.hostname, {
      ...limits,
      binary: request.binary === true,
    });
  } catch (error) {
    if (limits.signal?.aborted) throw abortedError(url.hostname);
    if (deadline.signal.aborted) throw timeoutError(url.hostname, limits.deadlineMs);
    throw toRemoteError(error, url.hostname);
  } finally {
    clearTimeout(timer);
  }
}

function buildRequest({ method = 'GET', headers = {}, json, form }: HttpRequest) {
  const body =
    form === undefined
      ? json === undefined
        ? undefined
        : JSON.stringify(json)
      : new URLSearchParams(form).toString();
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  return {
    method,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(body !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  };
}

async function readResponse(
  rawResponse: Dispatcher.ResponseData,
  host: string,
  limits: ExchangeLimits & { binary: boolean },
) {
  const headers = normalizeHeaders(rawResponse.headers);
  const contentType = headers['content-type'] ?? '';
  const encoding = headers['content-encoding'] ?? '';
  const body = await readText(
    rawResponse.body,
    { encoding, contentType },
    { maxBytes: limits.maxBytes, host, binary: limits.binary },
  );
  const response = {
    status: rawResponse.statusCode,
    contentType,
    headers,
    body,
    receivedAt: limits.now(),
  };
  // Without a length or chunks, the end of the connection is the only end: a cut cannot be told
  // from it.
  const framed = 'content-length' in headers || 'transfer-encoding' in headers || encoding !== '';
  return { response, framed };
}

/** Names in lower case; cookies are left out because they can be credentials. */
function normalizeHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => value !== undefined && name.toLowerCase() !== 'set-cookie')
      .map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value.join(', ') : String(value),
      ]),
  );
}

export function abortedError(host: string): RemoteError {
  return new RemoteError(
    'transient',
    `The request to ${host} was stopped from our side. It is made again later.`,
  );
}

function timeoutError(host: string, deadlineMs: number): RemoteError {
  return new RemoteError(
    'transient',
    `${host} did not finish its answer within ${deadlineMs / 1000} seconds.`,
  );
}

function toRemoteError(error: unknown, host: string): RemoteError {
  if (error instanceof RemoteError) return error;
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? error.code
      : 'no code';
  if (code === 'UND_ERR_INVALID_ARG') {
    return new RemoteError(
      'auth',
      'A credential holds a character that cannot be sent, such as a line break. Enter it again.',
    );
  }
  // The error itself is not passed on as a cause: libraries put addresses and headers into theirs.
  return new RemoteError(
    'transient',
    `The connection to ${host} failed before the answer was complete (${code}).`,
  );
}
