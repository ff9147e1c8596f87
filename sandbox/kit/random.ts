/**
 * A reproducible stream of numbers: the same key always yields the same sequence, on every machine.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number, both ends included. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Picks by weight; `weights` stands beside `items`. */
  weighted<T>(items: readonly T[], weights: readonly number[]): T;
}

/** @param key any parts that name the stream, e.g. `(seed, 'lead', 17)` */
export function randomFrom(...key: (string | number)[]): Random {
  const next = mulberry32(hash32(key.join('\u0001')));
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(items: readonly T[]): T => must(items[int(0, items.length - 1)]);
  return {
    next,
    int,
    pick,
    chance: (p) => next() < p,
    weighted: (items, weights) => weigh(next(), items, weights),
  };
}

/** FNV-1a over UTF-16 units with a final mix, so that neighbouring keys start far apart. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function weigh<T>(roll: number, items: readonly T[], weights: readonly number[]): T {
  const total = items.reduce((sum, _, i) => sum + (weights[i] ?? 0), 0);
  let left = roll * total;
  for (const [i, item] of items.entries()) {
    left -= weights[i] ?? 0;
    if (left < 0) return item;
  }
  return must(items.at(-1));
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('cannot pick from an empty list');
  return value;
}

/**
 * A version 4 look-alike id that the key decides, for sandboxes whose rows must come back the same
 * after a restart.
 */
export function guidFrom(...key: (string | number)[]): string {
  const digits = [1, 2, 3, 4]
    .map((part) =>
      hash32([...key, part].join('/'))
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
