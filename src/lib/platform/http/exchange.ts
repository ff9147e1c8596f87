import { Agent, request as send, type Dispatcher } from 'undici';
import { readText } from './body.ts';
import { RemoteError } from './errors.ts';
import type { HttpResponse, HttpRequest } from './types.ts';

/** Bounds of one exchange. */
export interface ExchangeLimits {
  deadlineMs: number;
  maxBytes: number;
  now: () => Date;
  signal?: AbortSignal | undefined;
}

/**
 * Sends one request and reads the whole response, whatever its status. The deadline covers
 * everything from the connection to the last byte, so it also ends a body that trickles in forever.
 * Failures are thrown as RemoteError with the host and a code, but nothing that was sent or
 * received.
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
  // Without a length or chunks, a body ends with the connection, so a truncated one looks complete.
  const framed = 'content-length' in headers || 'transfer-encoding' in headers || encoding !== '';
  return { response, framed };
}

/** Header names in lower case; cookies are left out because they can be credentials. */
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
    `We stopped the request to ${host}. It will be sent again later.`,
  );
}

function timeoutError(host: string, deadlineMs: number): RemoteError {
  return new RemoteError(
    'transient',
    `${host} did not complete its response within ${deadlineMs / 1000} seconds.`,
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
      'A credential contains a character that cannot be sent, such as a line break. ' +
        'Enter it again.',
    );
  }
  // The error is not set as the cause, because libraries put addresses and headers into theirs.
  return new RemoteError(
    'transient',
    `The connection to ${host} failed before the response was complete (${code}).`,
  );
}
