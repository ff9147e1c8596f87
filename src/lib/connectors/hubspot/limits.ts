import { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { Limits, WindowReading } from '../contract/limits.ts';
import { toObject, tryParseJson } from '../kit/json.ts';

/**
 * 100 requests in any ten seconds is the documented limit of the smallest accounts; headers tell of
 * a higher one. The ten seconds roll, so a window of one second with a tenth of the limit, and a
 * little less, keeps within it.
 */
const WINDOW = 'second';
const SHARE = 0.9;
const SMALLEST = { requests: 100, intervalMs: 10_000 };

/**
 * An account allows five searches in any second, for all its applications together, and their
 * responses have no headers that tell what is left. One in this many seconds keeps them apart.
 */
const SECONDS_PER_SEARCH = 0.3;

const perSecond = (requests: number, intervalMs: number): number =>
  Math.max(1, Math.floor((requests * 1000 * SHARE) / intervalMs));

/** Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details */
export const limits: Limits = {
  concurrency: 4,
  timeoutMs: 60_000,
  windows: [
    { name: WINDOW, seconds: 1, requests: perSecond(SMALLEST.requests, SMALLEST.intervalMs) },
  ],
  endpoints: [
    {
      covers: ({ url }: HttpRequest) => new URL(url).pathname.endsWith('/search'),
      windows: [{ name: 'search', seconds: SECONDS_PER_SEARCH, requests: 1 }],
    },
  ],
  readQuota,
  readPause,
};

/** Daily headers are not read: the day of an account ends at an hour that no header names. */
function readQuota(headers: Record<string, string>): WindowReading[] {
  const max = readCount(headers['x-hubspot-ratelimit-max']);
  const interval = readCount(headers[INTERVAL]) ?? SMALLEST.intervalMs;
  if (max === undefined) return [];
  const ceiling = perSecond(max, interval);
  const remaining = readCount(headers['x-hubspot-ratelimit-remaining']) ?? ceiling;
  return [{ window: WINDOW, ceiling, remaining: Math.min(remaining, ceiling) }];
}

const INTERVAL = 'x-hubspot-ratelimit-interval-milliseconds';

function readCount(text: string | undefined): number | undefined {
  const count = z.coerce.number().int().min(0).safeParse(text);
  return text === undefined || !count.success ? undefined : count.data;
}

/** A pause after the limit of ten seconds or of one second is never longer. */
const MAX_PAUSE_MS = 60_000;
/** An account that has used up its day is asked again once an hour. */
const DAILY_PAUSE_MS = 3_600_000;
/**
 * From here on, `Retry-After` counts milliseconds. Unconfirmed: the documentation has been quoted
 * as saying that it always does, and other callers read seconds.
 */
const MILLISECONDS_FROM = 1_000;

/**
 * How long a 429 asks us to wait: the policy that its body names, its `Retry-After`, and the length
 * of the interval are all optional.
 */
function readPause(response: HttpResponse): Date | undefined {
  if (response.status !== 429) return undefined;
  const { headers, receivedAt, body } = response;
  const { policyName, message } = toObject(tryParseJson(body));
  const policy = `${String(policyName ?? '')} ${String(message ?? '')}`.toUpperCase();
  const named = readRetryAfter(headers['retry-after']);
  const ms = policy.includes('DAILY')
    ? Math.max(named ?? 0, DAILY_PAUSE_MS)
    : Math.min(named ?? pauseOf(policy, headers) ?? Number.NaN, MAX_PAUSE_MS);
  return Number.isNaN(ms) ? undefined : new Date(receivedAt.getTime() + ms);
}

function readRetryAfter(text: string | undefined): number | undefined {
  const amount = /^\d+(\.\d+)?$/.test(text?.trim() ?? '') ? Number(text) : undefined;
  return amount === undefined || amount >= MILLISECONDS_FROM ? amount : amount * 1000;
}

function pauseOf(policy: string, headers: Record<string, string>): number | undefined {
  if (policy.includes('TEN_SECONDLY')) return readCount(headers[INTERVAL]) ?? SMALLEST.intervalMs;
  return policy.includes('SECONDLY') ? 1_000 : undefined;
}
