/** In the order of code units, the same on every machine. */
export const compareText = (one: string, other: string): number =>
  one < other ? -1 : Number(one > other);

/** Ids in the order of their numbers, which have more digits than a double holds. */
export function compareIds(one: string, other: string): number {
  return one.length - other.length || compareText(one, other);
}
