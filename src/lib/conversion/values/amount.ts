import { roundToCents } from '../../platform/money.ts';

/*
 * Amounts as people and programs write them. Nothing becomes a binary number on its way: the digits
 * of the source are the digits of the amount.
 */

/** Amounts have at most this many digits before the decimal point, and 2 behind it. */
const MAX_LENGTH = 12 + '.00'.length;

/**
 * A number that a program wrote, as an exact amount with two decimals, rounded half away from zero:
 * a JSON number, or text with a decimal point and without grouping. Null for anything else, and for
 * more digits than can be stored.
 */
export function toAmount(value: unknown): string | null {
  const text = typeof value === 'number' ? formatNumber(value) : value;
  if (typeof text !== 'string' || !/^-?\d+(\.\d+)?$/.test(text)) return null;
  const amount = roundToCents(text);
  return amount.replace('-', '').length > MAX_LENGTH ? null : amount;
}

/** The shortest decimal that is this number; what is too small to be written as one is 0. */
function formatNumber(value: number): string {
  return Math.abs(value) < 1e-6 ? '0' : String(value);
}

/**
 * Reads an amount that people typed, such as "$45,000.00", "1.234,56", "₹1,25,000", "(500)", "45k"
 * or "USD 45,000", as exact text with two decimals. Only signs and the code of `currency` (ISO
 * 4217) may stand with it. Null for anything else, and where what was meant is open:
 *
 * - A lone point before three digits groups in Europe and divides in a program: "45.000" is open.
 *   It divides where it cannot group, as in "0.125" or "1234.500".
 * - A lone comma before three digits groups, as no program divides by a comma and money has no
 *   three decimals: "45,000". It is open in a currency that has them. Before two digits the comma
 *   divides ("45,50"); before one it is open.
 * - Where both occur, the last one divides.
 *
 * A number from JSON has no such doubt.
 */
export function parseAmount(value: unknown, currency: string): string | null {
  if (typeof value === 'number') return toAmount(value);
  if (typeof value !== 'string') return null;
  const signed = takeOffSign(takeOffCurrency(tidy(value), currency));
  const [, number = '', unit = ''] = /^(.*?)\s*([km]?)$/i.exec(signed.text) ?? [];
  const decimal = toDecimal(number, currency);
  if (decimal === null) return null;
  const scaled = movePoint(decimal, UNITS.get(unit.toLowerCase()) ?? 0);
  return toAmount(signed.isNegative ? `-${scaled}` : scaled);
}

/** Digits behind the number that a unit stands for. */
const UNITS = new Map([
  ['k', 3],
  ['m', 6],
]);

/**
 * Plain characters for wide digits, curly apostrophes, dashes and all kinds of blanks. "45,-" and
 * "45.-" say that there are no cents.
 */
function tidy(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\u2018\u2019\u02BC]/g, "'")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/([.,])--?$/, '$100');
}

/** Takes off a sign or code of the currency in front of the number, and one behind it. */
function takeOffCurrency(text: string, currency: string): string {
  const { front, back } = getPatterns(currency);
  return text.replace(front, '$1').replace(back, '$1').trim();
}

type Patterns = Record<'front' | 'back', RegExp>;
const patterns = new Map<string, Patterns>();

function getPatterns(currency: string): Patterns {
  const known = patterns.get(currency);
  if (known !== undefined) return known;
  const names = listSigns(currency)
    .toSorted((one, other) => other.length - one.length)
    .map((name) => RegExp.escape(name));
  const either = `(?:${names.join('|')})`;
  const made = {
    front: new RegExp(`^([-+(]?)\\s*${either}\\s*`, 'i'),
    back: new RegExp(`\\s*${either}(\\)?)$`, 'i'),
  };
  patterns.set(currency, made);
  return made;
}

/** Signs that the tables of locales lack. */
const MORE_SIGNS = new Map([
  ['CHF', ['Fr', 'Fr.', 'SFr', 'SFr.']],
  ['CNY', ['RMB']],
  ['INR', ['Rs', 'Rs.']],
  ['LKR', ['Rs', 'Rs.']],
  ['PKR', ['Rs', 'Rs.']],
  ['USD', ['US$']],
]);

/** Languages whose signs for a currency are known: "US$" in one is "$US" in another. */
const LOCALES = 'en de fr es pt it nl sv da nb fi pl cs en-CA en-AU en-IN es-MX pt-BR de-CH'.split(
  ' ',
);

/** The code of a currency, and its signs with and without its country. */
function listSigns(currency: string): string[] {
  const signs = LOCALES.flatMap((locale) =>
    (['symbol', 'narrowSymbol'] as const).flatMap((currencyDisplay) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay })
        .formatToParts(0)
        .flatMap(({ type, value }) => (type === 'currency' ? [value.normalize('NFKC')] : [])),
    ),
  );
  const all = [currency, ...(MORE_SIGNS.get(currency) ?? []), ...signs];
  // "45K" is a thousand times 45 where the sign of the currency is a K as well.
  return [...new Set(all)].filter((sign) => !UNITS.has(sign.toLowerCase()));
}

/** Takes off the sign of "-5", "5-" or "(5)". A second one stays, and makes it no number. */
function takeOffSign(text: string): { isNegative: boolean; text: string } {
  const match = /^(?:\(\s*(.*?)\s*\)|-\s*(.*)|(.*\d)\s*-)$/s.exec(text);
  if (match === null) return { isNegative: false, text: text.replace(/^\+\s*/, '') };
  return { isNegative: true, text: match[1] ?? match[2] ?? match[3] ?? '' };
}

/** Numbers grouped by commas (by two before the last three in India), points, blanks, or not. */
const FORMS = [
  /^(?<whole>\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})(?:\.(?<fraction>\d*))?$/,
  /^(?<whole>\d{1,3}(?:\.\d{3})+)(?:,(?<fraction>\d+))?$/,
  /^(?<whole>\d{1,3}(?:[' ]\d{3})+)(?:[.,](?<fraction>\d+))?$/,
  /^(?<whole>\d+)(?:\.(?<fraction>\d*))?$/,
  /^(?<whole>)\.(?<fraction>\d+)$/,
  /^(?<whole>\d+),(?<fraction>\d{2})$/,
];

/** A plain decimal; null when there is no number, or more than one way to read it. */
function toDecimal(number: string, currency: string): string | null {
  if (/^0[.,]\d+$/.test(number)) return number.replace(',', '.');
  if (isOpen(number, currency)) return null;
  const match = FORMS.map((form) => form.exec(number)?.groups).find((groups) => groups);
  if (match === undefined) return null;
  const whole = (match['whole'] ?? '').replace(/[,.' ]/g, '');
  return `${whole || '0'}.${match['fraction'] || '0'}`;
}

/** Whether a lone mark before three digits may group as well as divide. */
function isOpen(number: string, currency: string): boolean {
  if (!/^\d{1,3}[.,]\d{3}$/.test(number)) return false;
  return number.includes('.') || countDecimals(currency) === 3;
}

function countDecimals(currency: string): number | undefined {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits;
}

function movePoint(decimal: string, places: number): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  const digits = fraction.padEnd(places, '0');
  return `${whole}${digits.slice(0, places)}.${digits.slice(places) || '0'}`;
}
