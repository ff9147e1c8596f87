import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../src/lib/platform/id.ts';
import { addSecurityHeaders } from '../src/middleware/headers.ts';

/**
 * Methods for which `new Request()` throws (https://fetch.spec.whatwg.org/#forbidden-method). Node
 * answers CONNECT itself, by closing the connection.
 */
const forbiddenMethods = ['TRACE', 'TRACK'];

/** A host name or an address, with or without a port (RFC 9110, section 7.2). */
const hostPattern = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

interface Refusal {
  status: number;
  message: string;
  headers?: Record<string, string>;
}

/**
 * Answers requests that the adapter cannot turn into a `Request`, before whose middleware it would
 * fail with 500, and hands over all others. TRACE would also send back cookies that scripts must
 * not see (RFC 9110, section 9.3.8).
 */
export function refuseUnreadable(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  const refusal = findRefusal(request);
  if (refusal === undefined) return next();
  const headers = new Headers({
    'content-type': 'text/plain; charset=utf-8',
    // A body may follow, and must not be read as the next request.
    connection: 'close',
    ...refusal.headers,
  });
  addSecurityHeaders(headers, newId());
  response.writeHead(refusal.status, Object.fromEntries(headers));
  response.end(`${refusal.message}\n`);
}

function findRefusal({ method = '', headers: { host } }: IncomingMessage): Refusal | undefined {
  if (forbiddenMethods.includes(method))
    return {
      status: 405,
      message: `This address does not support ${method}.`,
      headers: { allow: 'GET, HEAD, POST' },
    };
  // HTTP/1.0 knows no Host.
  const isReadable =
    host === undefined || (hostPattern.test(host) && URL.canParse(`http://${host}`));
  return isReadable
    ? undefined
    : { status: 400, message: 'The Host header of this request is not the name of a host.' };
}
