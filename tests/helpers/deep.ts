import { randomFrom, type Random } from '../../sandbox/kit/random.ts';

/**
 * How often a test repeats what it shows: `often` at every change, `deep` when DEEP=1 asks for the
 * long run.
 */
export function times(often: number, deep: number): number {
  return isDeep() ? deep : often;
}

const isDeep = (): boolean => process.env['DEEP'] === '1';

/**
 * The chances of one test: those of SEED, else always the same ones. What a process is doing when
 * it is hit still depends on the machine.
 */
export function chances(...name: (string | number)[]): Random {
  return randomFrom(process.env['SEED'] ?? 'every change', ...name);
}
