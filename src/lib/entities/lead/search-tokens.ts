/*
 * The words that leads are found by. All functions are pure. Words consist of 0-9 and a-z alone,
 * which sort the same in every database collation, digits first. So a search for words that begin
 * with a term is a range scan of an index (row-level security keeps LIKE from using one).
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
/** Fewer digits do not count as a telephone number. */
const minDigits = 5;
/** Trailing digits of a telephone number that are kept, which leaves out the country code. */
const phoneDigits = 10;

/**
 * All words of a lead, each once: those of its name and company, the whole e-mail address (which
 * begins with the part before the @), its domain, and the telephone number without country code.
 * There are few kinds of words because each word makes syncs a little slower.
 */
export function leadSearchTokens({ name, company, email, phone }: SearchableLead): string[] {
  const tokens = new Set([
    ...toTextTokens(name),
    ...toTextTokens(company ?? ''),
    ...toEmailTokens(email ?? ''),
    toPhoneToken(extractDigits(phone ?? '')),
  ]);
  tokens.delete('');
  return [...tokens].slice(0, maxTokens);
}

/**
 * Splits a search into terms; a lead matches if it has a word beginning with each of them. Blanks
 * separate terms, except within a telephone number. Other characters are ignored: "O'Brien",
 * "obrien" and "OBRIEN" are the same. Empty when the text has no letter or digit.
 */
export function parseSearchTerms(text: string): string[] {
  const isPhone = /^[\d\s()+./-]+$/.test(text) && extractDigits(text).length >= minDigits;
  const terms = [
    ...new Set(
      (isPhone ? [toPhoneToken(extractDigits(text))] : splitChunks(text).map(fold)).map(truncate),
    ),
  ].filter((term) => term !== '');
  // A lead with "johnson" also has "john", so the shorter term is redundant.
  return terms
    .filter((term) => !terms.some((other) => other !== term && other.startsWith(term)))
    .slice(0, maxTerms);
}

/** The words that begin with `prefix` as a range; `below` is exclusive, and null if unbounded. */
export function toTokenRange(prefix: string): { from: string; below: string | null } {
  const kept = prefix.replace(/z+$/, '');
  const last = kept.at(-1);
  return {
    from: prefix,
    below:
      last === undefined
        ? null
        : `${kept.slice(0, -1)}${last === '9' ? 'a' : String.fromCharCode(last.charCodeAt(0) + 1)}`,
  };
}

/**
 * Makes one word of each run of characters without blanks, and one of each part between other
 * characters: "Smith&Sons" becomes smithsons, smith and sons.
 */
function toTextTokens(text: string): string[] {
  return splitChunks(text).flatMap(splitToken).map(truncate);
}

function splitToken(chunk: string): string[] {
  const parts = chunk
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map(fold)
    .filter((part) => part !== '');
  return parts.length === 1 ? parts : [parts.join(''), ...parts.filter((part) => part.length > 1)];
}

function toEmailTokens(email: string): string[] {
  const at = email.lastIndexOf('@');
  return [email, ...(at < 0 ? [] : [email.slice(at + 1)])].map(fold).map(truncate);
}

/** The last digits alone, so that a number is the same with and without a country code. */
const toPhoneToken = (digits: string): string =>
  digits.length < minDigits ? '' : digits.slice(-phoneDigits);

const splitChunks = (text: string): string[] =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/u)
    .filter((chunk) => chunk !== '');
const extractDigits = (text: string): string => fold(text).replaceAll(/[^0-9]/g, '');
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
