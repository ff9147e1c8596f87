import { createHash, timingSafeEqual } from 'node:crypto';
import { config } from '../config.ts';
import { registerSecret } from '../secrets.ts';
import { watchProcess } from './process.ts';
import { exposition } from './registry.ts';

export interface MetricsAnswer {
  status: 200 | 401 | 404;
  headers: Record<string, string>;
  body: string;
}

/**
 * The answer of /metrics to a request with this Authorization header. Without METRICS_TOKEN there
 * is no such address, also not for requests from this machine: behind a proxy on it every visitor's
 * request comes from here.
 */
export async function answerMetrics(
  authorization: string | null | undefined,
): Promise<MetricsAnswer> {
  const token = config().METRICS_TOKEN;
  if (token === undefined)
    return { status: 404, headers: plain, body: 'There is nothing at this address.\n' };
  registerSecret(token);
  if (!isSame(authorization ?? '', `Bearer ${token}`))
    return {
      status: 401,
      headers: { ...plain, 'www-authenticate': 'Bearer' },
      body: 'Send the token of METRICS_TOKEN as a bearer token.\n',
    };
  watchProcess();
  const { contentType, text } = await exposition();
  return { status: 200, headers: { 'content-type': contentType }, body: text };
}

const plain = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * Compares digests, which are equally long, in a time that does not depend on where they differ.
 */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
