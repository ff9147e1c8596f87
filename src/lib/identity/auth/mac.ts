import { createHmac, timingSafeEqual } from 'node:crypto';
import { config } from '../../platform/config.ts';

/** What a code is made over; the purpose comes first, so that no code serves for two purposes. */
type Claims = readonly [purpose: string, ...values: (string | number)[]];

/** A code that only holders of AUTH_SECRET can make: HMAC-SHA-256 in base64url. */
export function createMac(claims: Claims): string {
  return computeMac(config().AUTH_SECRET[0]?.value ?? '', claims);
}

/**
 * Whether `given` is the code of these claims, by any secret of AUTH_SECRET. Takes equally long for
 * every wrong code.
 */
export function isMac(given: string, claims: Claims): boolean {
  return config().AUTH_SECRET.some(({ value }) => isEqual(given, computeMac(value, claims)));
}

function computeMac(secret: string, claims: Claims): string {
  return createHmac('sha256', secret).update(JSON.stringify(claims)).digest('base64url');
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
