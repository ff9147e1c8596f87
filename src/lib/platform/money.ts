/** An exact amount in cents. */
export function toCents(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const cents = BigInt(whole + fraction.padEnd(2, '0').slice(0, 2));
  return amount.startsWith('-') ? -cents : cents;
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
