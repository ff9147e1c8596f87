import type { NameRecords, Zone } from './zones.ts';

export type Records = Record<string, NameRecords>;

/** Names are relative; `@` stands for the domain itself. */
export function placeBelow(domain: string, records: Records): Zone {
  return Object.fromEntries(
    Object.entries(records).map(([name, value]) => [
      name === '@' ? domain : `${name}.${domain}`,
      value,
    ]),
  );
}

/** 1 to `count`. */
export const range = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index + 1);

/** Values by name, `count` of them, both made from a number that begins with 1. */
export const numbered = <Value>(
  count: number,
  name: (index: number) => string,
  value: (index: number) => Value,
): Record<string, Value> =>
  Object.fromEntries(range(count).map((index) => [name(index), value(index)]));
