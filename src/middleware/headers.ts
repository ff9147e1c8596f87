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
  // Every response of a route depends on the user; static files do not pass through here.
  'cache-control': 'no-store',
};

const twoYears = 2 * 365 * 24 * 60 * 60;
const noFrames = "frame-ancestors 'none'";

/**
 * Adds the security headers to a response. Pages bring their own content security policy; other
 * responses get one that allows nothing.
 */
export function addSecurityHeaders(headers: Headers, requestId: string): void {
  for (const [name, value] of Object.entries(defaultHeaders)) headers.set(name, value);
  headers.set('x-request-id', requestId);
  headers.set('content-security-policy', buildPolicy(headers));
  if (isSecureSite())
    headers.set('strict-transport-security', `max-age=${twoYears}; includeSubDomains`);
}

function buildPolicy(headers: Headers): string {
  const own = headers.get('content-security-policy')?.replace(/[;\s]+$/, '');
  if (own) return `${own}; ${noFrames}`;
  // The development server inlines scripts and styles, and sends no policy.
  return headers.get('content-type')?.startsWith('text/html')
    ? noFrames
    : `default-src 'none'; ${noFrames}`;
}
