import { createHash, timingSafeEqual } from 'node:crypto';
import { config } from '../config.ts';
import { registerSecret } from '../secrets.ts';
import { collectProcessMetrics } from './process.ts';
import { renderMetrics } from './registry.ts';

export interface MetricsResponse {
  status: 200 | 401 | 404;
  headers: Record<string, string>;
  body: string;
}

/**
 * The response of /metrics to a request with this Authorization header. Without METRICS_TOKEN it is
 * 404, even for requests from this machine: behind a proxy on it, every request comes from this
 * machine.
 */
export async function handleMetricsRequest(
  authorization: string | null | undefined,
): Promise<MetricsResponse> {
  const token = config().METRICS_TOKEN;
  if (token === undefined)
    return { status: 404, headers: textHeaders, body: 'There is nothing at this address.\n' };
  registerSecret(token);
  if (!isEqualConstantTime(authorization ?? '', `Bearer ${token}`))
    return {
      status: 401,
      headers: { ...textHeaders, 'www-authenticate': 'Bearer' },
      body: 'Send the token of METRICS_TOKEN as a bearer token.\n',
    };
  collectProcessMetrics();
  const { contentType, text } = await renderMetrics();
  return { status: 200, headers: { 'content-type': contentType }, body: text };
}

const textHeaders = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * Compares digests, which have the same length, in a time that does not depend on where they
 * differ.
 */
function isEqualConstantTime(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
