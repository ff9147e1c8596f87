import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isOwnHost, publicOrigin } from '../src/lib/identity/auth/public-url.ts';
import { newId } from '../src/lib/platform/id.ts';
import { getOwn } from '../src/lib/platform/own.ts';
import { log } from '../src/lib/platform/log.ts';
import { addSecurityHeaders } from '../src/middleware/headers.ts';
import { isProbe } from './admission.ts';

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
 * Answers requests that are for another site, and those that the adapter cannot turn into a
 * `Request`, before whose middleware it would fail with 500; hands over all others. TRACE would
 * also send back cookies that scripts must not see (RFC 9110, section 9.3.8).
 */
export function refuseUnreadable(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  shortenTarget(request);
  const refusal = findRefusal(request);
  if (refusal === undefined) return next();
  refuse(response, refusal);
}

function refuse(response: ServerResponse, { status, message, headers }: Refusal): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    // A body may follow, and must not be read as the next request.
    connection: 'close',
    'x-request-id': newId(),
    ...headers,
  });
  response.end(`${message}\n`);
}

/**
 * Turns `GET http://host/path` into `GET /path`: a request may name the whole address, whose host
 * then counts instead of the Host header (RFC 9112, section 3.2.2).
 */
function shortenTarget(request: IncomingMessage): void {
  const { host, path } =
    /^https?:\/\/(?:[^/?#@]*@)?(?<host>[^/?#]*)(?<path>.*)$/is.exec(request.url ?? '')?.groups ??
    {};
  if (host === undefined) return;
  request.headers.host = host;
  request.url = path?.startsWith('/') ? path : `/${path ?? ''}`;
}

function findRefusal(request: IncomingMessage): Refusal | undefined {
  const { method = '' } = request;
  if (forbiddenMethods.includes(method))
    return {
      status: 405,
      message: `This address does not support ${method}.`,
      headers: { allow: 'GET, HEAD, POST' },
    };
  if (isUnmet(request.headers.expect))
    return { status: 417, message: 'This server meets no expectation but 100-continue.' };
  return findHostRefusal(request);
}

const isUnmet = (expect: string | undefined): boolean =>
  expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect);

function findHostRefusal(request: IncomingMessage): Refusal | undefined {
  const { host } = request.headers;
  if (host === undefined)
    // HTTP/1.0 knows no Host.
    return request.httpVersion === '1.0'
      ? undefined
      : { status: 400, message: 'This request has no Host header.' };
  const isReadable = hostPattern.test(host) && URL.canParse(`http://${host}`);
  if (!isReadable || countHosts(request) > 1)
    return { status: 400, message: 'The Host header of this request is not the name of a host.' };
  if (isOwnHost(host) || isProbe(request)) return undefined;
  noticeForeignHost();
  return {
    status: 421,
    message:
      `This server does not answer for the host that this request names. Open ${publicOrigin()} ` +
      'instead. If you see this there, the proxy in front of this server has to pass on the Host ' +
      'header as it receives it.',
  };
}

/**
 * How often a request names a host; Node keeps the first. `headersDistinct` would tell as well, but
 * fails on a header that is called `constructor`.
 */
const countHosts = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length;

let seen = false;

/** Warns once in each process: a proxy that replaces the Host header keeps everybody out. */
function noticeForeignHost(): void {
  if (seen) return;
  seen = true;
  log.warn(
    { event: 'web.foreign_host', status: 421 },
    'A request was refused because its Host header is not the host of PUBLIC_URL. If people cannot ' +
      'open the site, let your proxy pass on the Host header, or correct PUBLIC_URL',
  );
}

/** What Node answers by itself, without any headers of ours, by the code of its error. */
const unparsed: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The headers of this request are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'This request took too long to arrive.' },
};
const malformed: Refusal = { status: 400, message: 'This is not a request of HTTP.' };

/** Answers in our words and with our headers where Node would answer before any handler. */
export function refuseUnparsed(server: Server): void {
  const answering = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of another answer, these words would look like a part of it.
    if (!socket.writable || answering.has(socket)) return void socket.destroy();
    socket.end(toText(getOwn(unparsed, error.code ?? '') ?? malformed), () => socket.destroy());
  });
}

function toText({ status, message }: Refusal): string {
  const body = `${message}\n`;
  const headers = new Headers({
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
    'content-type': 'text/plain; charset=utf-8',
  });
  addSecurityHeaders(headers);
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
