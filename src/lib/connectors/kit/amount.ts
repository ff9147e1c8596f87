import { RecordRejected } from '../contract/source.ts';

/** Amounts have at most 12 digits before the decimal point; from here on, rounding adds a 13th. */
const TOO_LARGE = 999_999_999_999.995;

/**
 * A number as an exact amount with two decimals. Throws RecordRejected with `message` for `field`
 * when the number has too many digits to be stored.
 */
export function toAmount(value: number, message: string, field?: string): string {
  if (Math.abs(value) >= TOO_LARGE) throw new RecordRejected(message, field);
  return value.toFixed(2);
}
