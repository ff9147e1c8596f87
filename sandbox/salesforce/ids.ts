import { hash32 } from '../kit/random.ts';
import { PREFIXES, type ObjectName } from './objects.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** An id of 18 characters that the key decides, so that rows come back the same after a restart. */
export function idFrom(object: ObjectName, ...key: (string | number)[]): string {
  const words = [1, 2].map((part) => hash32([object, ...key, part].join('/')));
  const digits = words.map((word) => inBase62(word).padStart(6, '0')).join('');
  return toLong(`${PREFIXES[object]}${digits}`);
}

/** The id of a number, for what the sandbox keeps no records of. */
export const serialId = (prefix: string, serial: number): string =>
  toLong(`${prefix}${inBase62(serial).padStart(12, '0')}`);

function inBase62(word: number): string {
  return word < DIGITS.length
    ? DIGITS.charAt(word)
    : inBase62(Math.floor(word / DIGITS.length)) + DIGITS.charAt(word % DIGITS.length);
}

/** Three characters tell which of the 15 are capitals, each of five of them. */
function toLong(id: string): string {
  const checks = [0, 5, 10].map((from) => {
    const bits = [0, 1, 2, 3, 4].filter((at) => /[A-Z]/.test(id.charAt(from + at)));
    return CHECKS.charAt(bits.reduce((sum, at) => sum + 2 ** at, 0));
  });
  return id + checks.join('');
}

export const toShort = (id: string): string => id.slice(0, 15);
