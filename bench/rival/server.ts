import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildCustomer, parsePlace, placesWithin } from './customers.ts';

/*
 * GET /v1/customers as Stripe answers it: newest first, `limit`, `starting_after`, `created[gte]`
 * and `created[lte]`, `has_more`, and 429 beyond a limit. The key (Authorization: Bearer
 * sk_<customers>_<name>) says how many customers the account has; requests are counted by key. POST
 * /settings sets latency and limit, and forgets what was counted. GET /requests tells the counts.
 */

export interface Settings {
  /** Added to each response. */
  latencyMs: number;
  /** So many requests in each window of so many milliseconds, for each key; null for no limit. */
  limit: { requests: number; windowMs: number } | null;
}

/** What was asked with one key. */
export interface Requests {
  all: number;
  /** Different pages that were answered with 200. */
  pages: number;
  /** Pages that were answered more than once, as often as that was one time too many. */
  repeated: number;
  /** Answered with 429. */
  refused: number;
}

interface Account {
  asked: number;
  refused: number;
  served: Map<string, number>;
  windowStart: number;
  inWindow: number;
}

const maxCustomers = 1_000_000;
/** So many are made beforehand and kept; those behind them are made when they are asked for. */
const kept = 50_000;
const customers = Array.from({ length: kept }, (_, place) => JSON.stringify(buildCustomer(place)));
const bodies = new Map<string, Buffer>();
let settings: Settings = { latencyMs: 0, limit: null };
let accounts = new Map<string, Account>();

const server = createServer((request, response) => {
  void route(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/settings') {
    settings = JSON.parse(await readText(request)) as Settings;
    accounts = new Map();
    return send(response, 200, '{}');
  }
  if (url.pathname === '/requests')
    return send(response, 200, JSON.stringify(countRequests(url.searchParams.get('key') ?? '')));
  const key = /^Bearer (sk_(\d+)_\w+)$/.exec(request.headers.authorization ?? '');
  if (key === null || url.pathname !== '/v1/customers')
    return send(
      response,
      401,
      '{"error":{"type":"invalid_request_error","message":"No such key or path."}}',
    );
  const account = findAccount(key[1] ?? '');
  account.asked += 1;
  if (isBeyondLimit(account)) return refuse(response, account);
  if (settings.latencyMs > 0) await sleep(settings.latencyMs);
  const page = findPage(url.searchParams, Math.min(Number(key[2]), maxCustomers));
  if (!isProbe(url.searchParams))
    account.served.set(page.name, (account.served.get(page.name) ?? 0) + 1);
  send(response, 200, renderBody(page));
}

function findAccount(key: string): Account {
  const account = accounts.get(key) ?? {
    asked: 0,
    refused: 0,
    served: new Map<string, number>(),
    windowStart: 0,
    inWindow: 0,
  };
  accounts.set(key, account);
  return account;
}

/**
 * Windows follow each other from the first request on; each request counts, also one that is
 * refused.
 */
function isBeyondLimit(account: Account): boolean {
  if (settings.limit === null) return false;
  const now = Date.now();
  if (now - account.windowStart >= settings.limit.windowMs)
    Object.assign(account, { windowStart: now, inWindow: 0 });
  account.inWindow += 1;
  return account.inWindow > settings.limit.requests;
}

function refuse(response: ServerResponse, account: Account): void {
  account.refused += 1;
  const left = account.windowStart + (settings.limit?.windowMs ?? 0) - Date.now();
  response.setHeader('retry-after', String(Math.max(1, Math.ceil(left / 1000))));
  send(
    response,
    429,
    '{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests."}}',
  );
}

/** One customer is asked for to learn whether there is any; it is no page. */
const isProbe = (asked: URLSearchParams) => asked.get('limit') === '1';

interface Page {
  name: string;
  /** Places in the list, the last one excluded. */
  start: number;
  end: number;
  more: boolean;
}

function findPage(asked: URLSearchParams, size: number): Page {
  const number = (name: string) => {
    const text = asked.get(name);
    return text === null ? {} : { [name.slice(8, 11)]: Number(text) };
  };
  const { from, to } = placesWithin({ ...number('created[gte]'), ...number('created[lte]') });
  const after = asked.get('starting_after');
  const start = Math.max(after === null ? 0 : (parsePlace(after) ?? size) + 1, from);
  const last = Math.min(size, to + 1);
  const end = Math.max(start, Math.min(start + Number(asked.get('limit') ?? 10), last));
  return { name: `${start}-${end}/${last}`, start, end, more: end < last };
}

/** Whole pages are rendered once: what is measured is who reads, not who writes. */
function renderBody({ start, end, more }: Page): Buffer {
  const name = `${start}-${end}/${more}`;
  const body =
    bodies.get(name) ??
    Buffer.from(
      `{"object":"list","data":[${customersFrom(start, end).join(',')}],` +
        `"has_more":${more},"url":"/v1/customers"}`,
    );
  if (end <= kept) bodies.set(name, body);
  return body;
}

function customersFrom(start: number, end: number): string[] {
  return Array.from({ length: end - start }, (_, n) => {
    const place = start + n;
    return customers[place] ?? JSON.stringify(buildCustomer(place));
  });
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}

function countRequests(key: string): Requests {
  const { asked, refused, served } = findAccount(key);
  const times = [...served.values()];
  return {
    all: asked,
    refused,
    pages: times.length,
    repeated: times.reduce((sum, each) => sum + each - 1, 0),
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

for (let start = 0; start < kept; start += 100)
  renderBody({ name: '', start, end: start + 100, more: true });
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
