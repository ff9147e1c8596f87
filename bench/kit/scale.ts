/** The share of a whole run that BENCH_SCALE asks for. */
export const share = Number(process.env['BENCH_SCALE'] ?? 1);

/**
 * A number of records or rounds, in the share that BENCH_SCALE asks for: a quick look needs no more
 * than a tenth. Whole pages of 100 from 100 on.
 */
export function scaled(count: number): number {
  const wanted = Math.max(1, count * share);
  return wanted < 100 ? Math.ceil(wanted) : Math.ceil(wanted / 100) * 100;
}

/** What a quick look leaves out, for the stamp of its report; empty for a whole run. */
export const reduction = ['BENCH_SCALE', 'BENCH_LEADS']
  .flatMap((name) => (process.env[name] === undefined ? [] : `${name}=${process.env[name]}`))
  .join(' ');

/** Sizes of a workspace from a list such as `1000,20000`. */
export function parseSizes(text: string | undefined, published: readonly number[]): number[] {
  return text === undefined ? [...published] : text.split(',').map(Number);
}

/**
 * The sizes that a table has columns for. A run that leaves out some of the published sizes shows
 * these, too, so that it cannot pass for a whole one; a run of other sizes shows its own.
 */
export function listColumns(run: readonly number[], published: readonly number[]): number[] {
  return run.every((size) => published.includes(size)) ? [...published] : [...run];
}
