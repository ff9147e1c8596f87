import { isIPv6 } from 'node:net';

/*
 * Sets of IP addresses as sorted ranges that do not touch each other, each from its first address
 * to the one after its last.
 */
export type Ranges = readonly (readonly [from: bigint, below: bigint])[];

export interface Addresses {
  four: Ranges;
  six: Ranges;
}

const BITS = { four: 32, six: 128 } as const;

export const nobody: Addresses = { four: [], six: [] };
export const everybody: Addresses = {
  four: [[0n, 1n << 32n]],
  six: [[0n, 1n << 128n]],
};

/** The addresses that share the first `length` bits with a valid IPv4 or IPv6 address. */
export function toNetwork(address: string, length: number): Addresses {
  const family = isIPv6(address) ? 'six' : 'four';
  const size = 1n << BigInt(BITS[family] - length);
  const from = (toNumber(address) / size) * size;
  return { ...nobody, [family]: [[from, from + size]] };
}

function toNumber(address: string): bigint {
  if (!isIPv6(address)) return joinParts(address.split('.').map(Number), 8n);
  const [, before = address, four] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const tail = four === undefined ? 0n : toNumber(four);
  const text =
    four === undefined
      ? address
      : `${before}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [left = [], right = []] = text
    .split('::')
    .map((half) =>
      half.split(':').flatMap((part) => (part === '' ? [] : [Number.parseInt(part, 16)])),
    );
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return joinParts([...left, ...zeros, ...right], 16n);
}

const joinParts = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);

/** Those that are in one of the sets. */
export const unite = (one: Addresses, other: Addresses): Addresses => ({
  four: mergeRanges([...one.four, ...other.four]),
  six: mergeRanges([...one.six, ...other.six]),
});

/** Those of the first set that are not in the second. */
export const subtract = (one: Addresses, other: Addresses): Addresses => ({
  four: subtractRanges(one.four, other.four),
  six: subtractRanges(one.six, other.six),
});

/** Those that are in both sets. */
export const intersect = (one: Addresses, other: Addresses): Addresses =>
  subtract(one, subtract(one, other));

function mergeRanges(ranges: Ranges): Ranges {
  const merged: [bigint, bigint][] = [];
  for (const [from, below] of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || from > last[1]) merged.push([from, below]);
    else if (below > last[1]) last[1] = below;
  }
  return merged;
}

function subtractRanges(ranges: Ranges, taken: Ranges): Ranges {
  let left = ranges;
  for (const [from, below] of taken)
    left = left.flatMap(([first, end]) =>
      (
        [
          [first, from < end ? from : end],
          [below > first ? below : first, end],
        ] as const
      ).filter(([start, stop]) => start < stop),
    );
  return left;
}
