/*
 * Figures of the report. What was not run is NaN: it passes through sums and ratios by itself, and
 * every function that writes a figure says "not run" for it.
 */

const notRun = 'not run';

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of the numbers lies; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * q;
  const [low = Number.NaN, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low === high ? low : low + (high - low) * (place - Math.floor(place));
}

/** The median ratio of two series that took turns; NaN where one of them has no figure. */
export function ratioOf(over: readonly number[], under: readonly number[]): number {
  const pairs = Math.min(over.length, under.length);
  const ratios = over.slice(0, pairs).map((value, n) => value / (under[n] ?? Number.NaN));
  return median(ratios);
}

/** A figure as text, written by `format` if it is one: what was divided by nothing is none. */
const written =
  (format: (value: number) => string) =>
  (value: number): string =>
    Number.isFinite(value) ? format(value) : notRun;

export const ms = written((value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`);
/** Milliseconds as seconds. */
export const seconds = written((value) => `${(value / 1000).toFixed(1)} s`);
export const times = written((value) => `${value.toFixed(2)} x`);
export const whole = written((value) => Math.round(value).toLocaleString('en-US'));
export const decimals = (value: number, digits: number) =>
  written((number) => number.toFixed(digits))(value);
export const kilobytes = written((value) => `${value.toFixed(1)} kB`);
export const bytes = written((value) => `${Math.round(value).toLocaleString('en-US')} B`);
export const mebibytes = written((bytes) => `${Math.round(bytes / 1024 / 1024)} MiB`);
/** Records per second, for so many in so many milliseconds. */
export const rate = (records: number, milliseconds: number) =>
  whole((records / milliseconds) * 1000);

/** A figure with the bound that it has to keep. */
export type Goal = { figure: number; name?: string } & ({ atMost: number } | { atLeast: number });

/**
 * "met" when every bound is kept, else which is missed. A goal without its figure is neither: it
 * says "not run".
 */
export function verdict(...goals: readonly Goal[]): string {
  const missing = goals.filter(({ figure }) => !Number.isFinite(figure));
  const missed = goals.filter((goal) => Number.isFinite(goal.figure) && !isKept(goal));
  if (missing.length === 0 && missed.length === 0) return goals.length === 0 ? notRun : 'met';
  return [say('missed', missed), say(notRun, missing)].filter((text) => text !== '').join('; ');
}

const isKept = (goal: Goal) =>
  'atMost' in goal ? goal.figure <= goal.atMost : goal.figure >= goal.atLeast;

function say(what: string, goals: readonly Goal[]): string {
  const names = goals.flatMap(({ name }) => name ?? []);
  if (goals.length === 0) return '';
  return names.length === 0 ? what : `${what}: ${names.join(', ')}`;
}
