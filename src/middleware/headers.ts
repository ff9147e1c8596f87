import { isSecureSite } from '#lib/identity/auth/public-url.ts';

const defaultHeaders: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  // With no-referrer, browsers send "Origin: null" with forms, which the origin check could not
  // verify.
  'referrer-policy': 'same-origin',
  'permissions-policy':
    'camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** Headers that tell what runs here, which only those need who look for its weaknesses. */
const tellTales = ['server', 'x-powered-by'];

const twoYears = 2 * 365 * 24 * 60 * 60;
const noFrames = "frame-ancestors 'none'";

/** Types that browsers read as text, and would otherwise guess the encoding of. */
const textType = /^(?:text\/[\w.+-]+|application\/(?:javascript|xml)|[\w.-]+\/[\w.-]+\+xml)$/i;

type HeaderBag = Pick<Headers, 'get' | 'set' | 'delete'>;

/**
 * Adds the security headers to an answer that is otherwise complete. Pages bring their own content
 * security policy; other answers get one that allows nothing. `caching` is the Cache-Control of a
 * file that is the same for everybody; anything else may depend on the user and is never stored.
 */
export function addSecurityHeaders(headers: HeaderBag, caching = 'no-store'): void {
  for (const [name, value] of Object.entries(defaultHeaders)) headers.set(name, value);
  for (const name of tellTales) headers.delete(name);
  headers.set('cache-control', caching);
  headers.set('content-security-policy', buildPolicy(headers));
  const type = headers.get('content-type');
  if (type !== null && textType.test(type)) headers.set('content-type', `${type}; charset=utf-8`);
  if (isSecureSite())
    headers.set('strict-transport-security', `max-age=${twoYears}; includeSubDomains`);
}

function buildPolicy(headers: HeaderBag): string {
  const own = headers.get('content-security-policy')?.replace(/[;\s]+$/, '');
  return `${own || "default-src 'none'"}; ${noFrames}`;
}
