/** How often a test repeats what it shows: `often` at every change, `deep` when DEEP=1 asks for the long run. */
export function times(often: number, deep: number): number {
  return process.env['DEEP'] === '1' ? deep : often;
}
