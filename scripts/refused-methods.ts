import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../src/lib/platform/id.ts';
import { addSecurityHeaders } from '../src/middleware/headers.ts';

/**
 * Methods for which `new Request()` throws (https://fetch.spec.whatwg.org/#forbidden-method), so
 * that the adapter would fail before the first line of the middleware. Node answers CONNECT itself,
 * by closing the connection.
 */
const forbiddenMethods = ['TRACE', 'TRACK'];

/**
 * Answers methods that the application cannot read with 405, and hands over all others. TRACE would
 * send back cookies that scripts must not see (RFC 9110, section 9.3.8).
 */
export function refuseForbiddenMethods(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  const { method = '' } = request;
  if (!forbiddenMethods.includes(method)) return next();
  const headers = new Headers({
    'content-type': 'text/plain; charset=utf-8',
    allow: 'GET, HEAD, POST',
    // A body may follow, and must not be read as the next request.
    connection: 'close',
  });
  addSecurityHeaders(headers, newId());
  response.writeHead(405, Object.fromEntries(headers));
  response.end(`This address does not support ${method}.\n`);
}
