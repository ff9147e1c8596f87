/** An exact amount in cents. */
export function toCents(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const cents = BigInt(whole + fraction.padEnd(2, '0').slice(0, 2));
  return amount.startsWith('-') ? -cents : cents;
}

/**
 * A decimal such as "-1234.567", with any number of digits, as an exact amount: rounded to two
 * decimals, half away from zero.
 */
export function roundToCents(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const digits = fraction.padEnd(3, '0');
  const cents = BigInt(whole + digits.slice(0, 2)) + (digits.charAt(2) >= '5' ? 1n : 0n);
  return fromCents(decimal.startsWith('-') ? -cents : cents);
}

/** Cents as an exact amount. */
export function fromCents(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** An amount that may be unknown, as a sort key in cents: what is not known sorts lowest. */
export function toSortCents(amount: string | null): number {
  return amount === null ? Number.MIN_SAFE_INTEGER : Number(toCents(amount));
}
