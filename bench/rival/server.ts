import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildCustomer, customerId, parsePlace } from './customers.ts';

/*
 * GET /v1/customers as Stripe answers it: newest first, `limit` and `starting_after`, `has_more`,
 * and 429 beyond a limit. The key (Authorization: Bearer sk_<customers>_<name>) says how many
 * customers the account has; requests are counted by key. POST /settings sets latency and limit,
 * and forgets what was counted. GET /requests tells the counts.
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

const maxCustomers = 50_000;
const customers = Array.from({ length: maxCustomers }, (_, place) =>
  JSON.stringify(buildCustomer(place)),
);
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
  const [start, limit] = [
    url.searchParams.get('starting_after'),
    Number(url.searchParams.get('limit') ?? 10),
  ];
  const page = `${start ?? ''}/${limit}`;
  account.served.set(page, (account.served.get(page) ?? 0) + 1);
  send(response, 200, renderBody(Math.min(Number(key[2]), maxCustomers), start, limit));
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

/** Rendered once: what is measured is who reads, not who writes. */
function renderBody(size: number, startingAfter: string | null, limit: number): Buffer {
  const name = `${size}/${startingAfter ?? ''}/${limit}`;
  const start = startingAfter === null ? 0 : (parsePlace(startingAfter) ?? size) + 1;
  const end = Math.min(start + limit, size);
  const body =
    bodies.get(name) ??
    Buffer.from(
      `{"object":"list","data":[${customers.slice(start, end).join(',')}],` +
        `"has_more":${end < size},"url":"/v1/customers"}`,
    );
  bodies.set(name, body);
  return body;
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

for (let place = -1; place < maxCustomers - 1; place += 100)
  renderBody(maxCustomers, place < 0 ? null : customerId(place), 100);
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
