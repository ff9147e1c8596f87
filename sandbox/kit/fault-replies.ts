import type { Effect } from './faults.ts';
import { htmlError, json, type Reply } from './provider.ts';

const TITLES: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  410: 'Gone',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/**
 * The reply that stands in for the provider's own, or null when the effect leaves the content alone
 * and only harms its transport (see transmit.ts).
 */
export function standIn(effect: Effect, now: number): Reply | null {
  switch (effect.kind) {
    case 'rate_limited':
      return rateLimited(effect, now);
    case 'status':
      return htmlError(effect.status, TITLES[effect.status] ?? 'Error');
    case 'html_200':
      return { ...htmlError(200, 'We will be right back'), status: 200 };
    case 'redirect':
      return { status: effect.status, headers: { location: effect.location }, body: '' };
    default:
      return null;
  }
}

/** The reply of an effect that strikes after the provider has done its work. */
export function failedAfterEffect(status: number): Reply {
  return htmlError(status, TITLES[status] ?? 'Error');
}

function rateLimited(effect: Extract<Effect, { kind: 'rate_limited' }>, now: number): Reply {
  const reply = effect.html
    ? htmlError(429, 'Too Many Requests')
    : json({ message: 'Too Many Requests' }, 429);
  const wait = effect.retryAfter;
  if (wait === undefined) return reply;
  const value = typeof wait === 'string' ? wait : spell(wait.style, wait.ms, now);
  return { ...reply, headers: { ...reply.headers, 'retry-after': value } };
}

function spell(
  style: 'seconds' | 'http_date' | 'iso' | 'milliseconds',
  ms: number,
  now: number,
): string {
  switch (style) {
    case 'seconds':
      return String(Math.ceil(ms / 1000));
    case 'http_date':
      return new Date(now + ms).toUTCString();
    case 'iso':
      return new Date(now + ms).toISOString();
    case 'milliseconds':
      return String(ms);
  }
}
