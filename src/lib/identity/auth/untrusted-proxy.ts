import { log } from '../../platform/log.ts';

let seen = false;

/**
 * Warns once in each process when a request carries X-Forwarded-For although `trustProxy` is off:
 * behind a proxy, all visitors then count as one address, and share one limit for signing in. The
 * header stays unused, because anybody can send it to a server without a proxy.
 */
export function noticeUntrustedProxy({ headers }: Request, trustProxy: boolean): void {
  if (seen || trustProxy || !headers.has('x-forwarded-for')) return;
  seen = true;
  log.warn(
    { event: 'web.untrusted_proxy' },
    'A request came with X-Forwarded-For, but TRUST_PROXY is 0: behind a proxy, all visitors ' +
      'count as one address and can lock each other out of signing in. If your proxy sets the ' +
      'header, set TRUST_PROXY=1',
  );
}

/** Whether this process has met such a request. */
export const hasUntrustedProxy = (): boolean => seen;
