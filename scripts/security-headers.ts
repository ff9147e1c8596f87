import type { IncomingMessage, ServerResponse } from 'node:http';
import onHeaders from 'on-headers';
import { addSecurityHeaders } from '../src/middleware/headers.ts';

/** The Cache-Control of answers that are the same for everybody. */
const caching = new WeakMap<ServerResponse, string>();

/**
 * Adds the security headers to whatever is answered, by whom and with which status it may be: they
 * are added at the moment when the headers are sent. It has to be the first handler of all.
 */
export function secureAnswers(
  _request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  onHeaders(response, () => addSecurityHeaders(toHeaderBag(response), caching.get(response)));
  next();
}

/** Lets an answer be stored; without a value, it is like every other one again. */
export function setCaching(response: ServerResponse, value: string | undefined): void {
  if (value === undefined) caching.delete(response);
  else caching.set(response, value);
}

function toHeaderBag(response: ServerResponse): Pick<Headers, 'get' | 'set' | 'delete'> {
  return {
    get: (name) => response.getHeader(name)?.toString() ?? null,
    set: (name, value) => void response.setHeader(name, value),
    delete: (name) => response.removeHeader(name),
  };
}
