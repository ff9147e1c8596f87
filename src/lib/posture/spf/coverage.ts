import {
  everybody,
  intersect,
  nobody,
  subtract,
  unite,
  type Addresses,
  type Ranges,
} from './addresses.ts';
import type { Mechanism } from './parse.ts';

/** What a record says of whom, as far as its terms tell without a message. */
export interface Coverage {
  /** Senders that it authorises. */
  pass: Addresses;
  /** Senders of which it says nothing, by "?". */
  neutral: Addresses;
  /** Senders that no term has matched so far. */
  rest: Addresses;
}

export const nothingCovered: Coverage = { pass: nobody, neutral: nobody, rest: everybody };

/** The coverage after one more term. The first term that matches a sender decides. */
export function cover(
  { pass, neutral, rest }: Coverage,
  matched: Addresses,
  qualifier: Mechanism['qualifier'],
): Coverage {
  if (matched === nobody) return { pass, neutral, rest };
  const taken = intersect(matched, rest);
  return {
    pass: qualifier === '+' ? unite(pass, taken) : pass,
    neutral: qualifier === '?' ? unite(neutral, taken) : neutral,
    rest: subtract(rest, taken),
  };
}

/** The coverage where a redirect decides about the rest. */
export const coverByRedirect = ({ pass, neutral, rest }: Coverage, to: Coverage): Coverage => ({
  pass: unite(pass, intersect(to.pass, rest)),
  neutral: unite(neutral, intersect(to.neutral, rest)),
  rest: intersect(to.rest, rest),
});

/**
 * Prefix lengths that tell whose a range can be. `stranger`: nobody has so many addresses in one
 * piece, because IANA gave out IPv4 by /8 and gives IPv6 to registries by /12
 * (https://www.iana.org/numbers/allocations), so a wider range lets strangers send. `doubtful`: few
 * organisations have as many; it is mostly the network of a provider and all its customers.
 */
const lengths = {
  four: { bits: 32, stranger: 8, doubtful: 12 },
  six: { bits: 128, stranger: 12, doubtful: 20 },
} as const;
/** All ranges together cover this share of the addresses at most, however they are cut: 1/16. */
const TOTAL_LENGTH = 4;

export type Width = 'open' | 'doubtful' | 'narrow';

/** How many can send: everybody, more than one organisation has, or an ordinary number. */
export function measureWidth({ four, six }: Addresses): Width {
  const widths = [measure(four, 'four'), measure(six, 'six')];
  return (
    widths.find((width) => width === 'open') ??
    widths.find((width) => width !== 'narrow') ??
    'narrow'
  );
}

function measure(ranges: Ranges, family: keyof typeof lengths): Width {
  const { bits, stranger, doubtful } = lengths[family];
  const sizes = ranges.map(([from, below]) => below - from);
  const isWider = (size: bigint, length: number) => size > 1n << BigInt(bits - length);
  const total = sizes.reduce((sum, size) => sum + size, 0n);
  if (isWider(total, TOTAL_LENGTH) || sizes.some((size) => isWider(size, stranger))) return 'open';
  return sizes.some((size) => isWider(size, doubtful)) ? 'doubtful' : 'narrow';
}
