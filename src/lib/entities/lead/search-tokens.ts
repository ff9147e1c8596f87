import { isAscii } from '../../records/text.ts';
import { parsePhoneTerm, phoneTokens } from './phone-tokens.ts';

/*
 * The words that leads are found by. All functions are pure. Words and terms consist of 0-9 and a-z
 * alone, so none of them needs quotes in a tsvector or a tsquery.
 */

export interface SearchableLead {
  name: string;
  company: string | null;
  email: string | null;
  phone: string | null;
}

/** Longer words are cut, both in the index and in a search. */
const maxTokenLength = 60;
/** Words per lead; further ones add little to find it by. */
const maxTokens = 24;
/** Terms per search; further ones are ignored. */
const maxTerms = 6;
/**
 * All words of a lead, each once: those of its name and company, the whole e-mail address (which
 * begins with the part before the @), its domain, and its telephone numbers. There are few kinds of
 * words because each word makes syncs a little slower. Of a lead with more words than are kept, the
 * last of its name and company are left out.
 */
export function leadSearchTokens({ name, company, email, phone }: SearchableLead): string[] {
  const exact = new Set(toEmailTokens(email ?? ''));
  for (const token of phoneTokens(phone ?? '')) exact.add(token);
  exact.delete('');
  const tokens = new Set<string>();
  for (const text of [name, company ?? ''])
    for (const token of toTextTokens(text))
      if (token !== '' && tokens.size < maxTokens - exact.size) tokens.add(token);
  for (const token of exact) tokens.add(token);
  return [...tokens];
}

/**
 * Splits a search into terms; a lead matches if it has a word beginning with each of them. Blanks
 * separate terms, except within a telephone number. Other characters are ignored: "O'Brien",
 * "obrien" and "OBRIEN" are the same. Empty when the text has no letter or digit.
 */
export function parseSearchTerms(text: string): string[] {
  const phone = parsePhoneTerm(text);
  const words = phone === null ? splitChunks(text).map(toTerm) : [phone];
  const terms = [...new Set(words.map(truncate))].filter((term) => term !== '');
  // A lead with "johnson" also has "john", so the shorter term is redundant.
  return terms
    .filter((term) => !terms.some((other) => other !== term && other.startsWith(term)))
    .slice(0, maxTerms);
}

/** Behind a name, a number without blanks is one too if its sign or its zero says so. */
const toTerm = (chunk: string): string =>
  (/^(?:\+|\(?0)/.test(chunk) ? parsePhoneTerm(chunk) : null) ?? fold(chunk);

/**
 * Makes one word of each run of characters without blanks, and one of each part between other
 * characters: "Smith&Sons" becomes smithsons, smith and sons.
 */
function toTextTokens(text: string): string[] {
  return splitChunks(text).flatMap(splitToken).flatMap(withNumber).map(truncate);
}

/** A search for digits alone is one for a telephone number, which leaves out zeros in front. */
const withNumber = (word: string): string[] =>
  /^0\d{4,}$/.test(word) ? [word, word.replace(/^0+/, '')] : [word];

function splitToken(chunk: string): string[] {
  const parts = chunk
    .split(isAscii(chunk) ? /[^0-9a-z]+/ : /[^\p{L}\p{N}\p{M}]+/u)
    .map(fold)
    .filter((part) => part !== '');
  return parts.length === 1 ? parts : [parts.join(''), ...parts.filter((part) => part.length > 1)];
}

/** Addresses of one field that are indexed. */
const maxAddresses = 3;

/** Each address of the field and its domain; the field as a whole when it holds none. */
function toEmailTokens(field: string): string[] {
  const addresses = field.match(/[^\s@<>()[\],;:"]+@[^\s@<>()[\],;:"]+/g) ?? [field];
  return addresses
    .slice(0, maxAddresses)
    .flatMap((address) => [address, ...address.split('@').slice(1)])
    .map(fold)
    .map(truncate);
}

const splitChunks = (text: string): string[] =>
  (isAscii(text) ? text : text.normalize('NFKD'))
    .toLowerCase()
    .split(/\s+/u)
    .filter((chunk) => chunk !== '');
const truncate = (word: string): string => word.slice(0, maxTokenLength);

/** Letters that Unicode normalisation does not decompose. */
const transliterations: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};

/**
 * Reduces text to lower-case letters and digits without accents. A letter of another script becomes
 * "zz" and its code point in six hexadecimal digits.
 */
function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase().replaceAll(/[^0-9a-z]+/g, '');
  let word = '';
  for (const sign of text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[ßæœøłđðþıς]/g, (letter) => transliterations[letter] ?? letter)) {
    if (/[0-9a-z]/.test(sign)) word += sign;
    else if (/[\p{L}\p{N}]/u.test(sign))
      word += `zz${(sign.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`;
  }
  return word;
}
