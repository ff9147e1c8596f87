import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Effect } from './faults.ts';
import type { Reply } from './provider.ts';

/**
 * Sends a reply, harming the transport where the effect says so. Settles when nothing more will be
 * sent.
 */
export async function transmit(
  res: ServerResponse,
  reply: Reply,
  effect: Effect | null,
): Promise<void> {
  switch (effect?.kind) {
    case 'cut':
      return cut(res, reply, effect.framing);
    case 'drip':
      return drip(res, reply, effect.bytes, effect.everyMs);
    case 'gzip_bomb':
      return bomb(res, effect.megabytes);
    default:
      res.writeHead(reply.status, {
        ...reply.headers,
        'content-length': Buffer.byteLength(reply.body),
      });
      res.end(reply.body);
  }
}

/**
 * Half a body. 'close' is the treacherous one: neither length nor chunks, so that the end looks
 * proper.
 */
async function cut(
  res: ServerResponse,
  reply: Reply,
  framing: 'length' | 'chunked' | 'close',
): Promise<void> {
  const body = Buffer.from(reply.body);
  const half = body.subarray(0, Math.max(1, body.length >> 1));
  if (framing === 'close') {
    res.shouldKeepAlive = false;
    res.useChunkedEncodingByDefault = false;
    res.writeHead(reply.status, { ...reply.headers, connection: 'close' });
    res.end(half);
    return;
  }
  res.writeHead(
    reply.status,
    framing === 'length' ? { ...reply.headers, 'content-length': body.length } : reply.headers,
  );
  await new Promise<void>((sent) => res.write(half, () => sent()));
  res.destroy();
}

async function drip(
  res: ServerResponse,
  reply: Reply,
  bytes: number,
  everyMs: number,
): Promise<void> {
  const body = Buffer.from(reply.body);
  res.writeHead(reply.status, { ...reply.headers, 'content-length': body.length });
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  for (let at = 0; at < body.length && !gone.signal.aborted; at += bytes) {
    res.write(body.subarray(at, at + bytes));
    await sleep(everyMs, undefined, { signal: gone.signal }).catch(() => undefined);
  }
  if (!gone.signal.aborted) res.end();
}

/**
 * Spaces compress about a thousandfold; written piece by piece so that the sandbox itself stays
 * small.
 */
async function bomb(res: ServerResponse, megabytes: number): Promise<void> {
  res.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-encoding': 'gzip',
  });
  const gzip = createGzip({ level: 9 });
  res.once('close', () => gzip.destroy());
  gzip.on('error', () => undefined);
  gzip.pipe(res);
  const mebibyte = Buffer.alloc(1 << 20, ' ');
  for (let sent = 0; sent < megabytes && !gzip.destroyed; sent++) {
    await new Promise<void>((done) => {
      gzip.once('close', done);
      gzip.write(mebibyte, () => {
        gzip.off('close', done);
        done();
      });
    });
  }
  if (!gzip.destroyed) gzip.end('{}');
}
