/*
 * Decimals without the errors of binary fractions: the point moves in the written number, because
 * 0.29 * 100 is not 29. All are exact for numbers of at most 15 significant digits.
 */

const decimal = /^-?\d{1,30}(?:\.\d{1,30})?$/;

/** Whether text is a decimal as programs write it: digits, at most one point, no grouping. */
export const isPlainDecimal = (text: string): boolean => decimal.test(text);

/** The number times ten to the power of `places`. */
export function movePoint(value: number, places: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return Number(`${digits}e${Number(exponent) + places}`);
}

/** Rounds to a number of decimals, half away from zero. */
export function roundTo(value: number, decimals: number): number {
  return Math.sign(value) * movePoint(Math.round(movePoint(Math.abs(value), decimals)), -decimals);
}

/** The number with its digits written out: 0.0000001, not 1e-7. */
export function writeOut(value: number): string {
  const [digits = '', exponent] = String(value).split('e');
  if (exponent === undefined) return digits;
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  const places = Number(exponent);
  const all =
    places < 0
      ? `0.${'0'.repeat(-places - whole.length)}${whole}${fraction}`
      : `${whole}${fraction.padEnd(places, '0')}`;
  return value < 0 ? `-${all}` : all;
}
