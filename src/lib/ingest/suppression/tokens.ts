/*
 * What in a text may name a person: e-mail addresses, telephone numbers, and names as runs of
 * words. The list of erased people and the texts it is compared with are read by the same
 * functions, so that they agree on the form, however a source writes it.
 */

/** A place in a text, and the form by which it is compared. */
export interface Token {
  start: number;
  end: number;
  form: string;
}

const mailPattern =
  /[\p{L}\p{N}_.+-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/giu;
const phonePattern = /\+?\d[\d\s().\-/]{5,24}\d/g;
const wordPattern = /[\p{L}\p{M}\p{N}]+/gu;

/** The last digits of a number; a country code or a leading zero may stand before them. */
const comparedDigits = 9;
const fewestDigits = 7;
const mostDigits = 15;

/** E-mail addresses in lower case, also in the form that they have in the query of an address. */
export function findMails(text: string): Token[] {
  if (!text.includes('@') && !text.includes('%40')) return [];
  return [...text.matchAll(mailPattern)].map(({ 0: match, index }) => ({
    start: index,
    end: index + match.length,
    form: match.toLowerCase().replace('%40', '@'),
  }));
}

/** Telephone numbers by their last nine digits. */
export function findPhones(text: string): Token[] {
  return [...text.matchAll(phonePattern)].flatMap(({ 0: match, index }) => {
    const digits = match.replaceAll(/\D/g, '');
    if (digits.length < fewestDigits || digits.length > mostDigits) return [];
    return [{ start: index, end: index + match.length, form: digits.slice(-comparedDigits) }];
  });
}

/** The words of a text in lower case. */
export function findWords(text: string): Token[] {
  const plain = text.replaceAll(/&(?:#0?39|#x27|apos);/gi, (entity) => "'".padEnd(entity.length));
  return [...plain.matchAll(wordPattern)].map(({ 0: match, index }) => ({
    start: index,
    end: index + match.length,
    form: match.normalize('NFKC').toLowerCase(),
  }));
}

/** All runs of as many words, such as names have. */
export function findRuns(words: readonly Token[], length: number): Token[] {
  return words.slice(0, Math.max(0, words.length - length + 1)).map((first, at) => {
    const run = words.slice(at, at + length);
    return {
      start: first.start,
      end: run.at(-1)?.end ?? first.end,
      form: run.map(({ form }) => form).join(' '),
    };
  });
}

/** What stands in place of what named the person. */
export const erasedText = '[erased]';

/** The text with each place replaced. Places may overlap. */
export function replaceTokens(text: string, tokens: readonly Token[]): string {
  let result = '';
  let done = 0;
  for (const { start, end } of tokens.toSorted((one, other) => one.start - other.start)) {
    if (start >= done) result += text.slice(done, start) + erasedText;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}
