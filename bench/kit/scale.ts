const scale = Number(process.env['BENCH_SCALE'] ?? 1);

/**
 * A number of records or rounds, in the share that BENCH_SCALE asks for: a quick look needs no more
 * than a tenth. Whole pages of 100 from 100 on.
 */
export function scaled(count: number): number {
  const wanted = Math.max(1, count * scale);
  return wanted < 100 ? Math.ceil(wanted) : Math.ceil(wanted / 100) * 100;
}
