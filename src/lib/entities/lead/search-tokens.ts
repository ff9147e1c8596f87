/*
 * The words by which leads are found. Pure. A word consists of 0-9 and a-z alone: those sort the
 * same in every collation of a database, digits first, so that "begins with" is a range of an index
 * (row-level security keeps LIKE from using one).
 */

export interface SearchableLead {
  name: string;
  company: string | null;
  email: string | null;
  phone: string | null;
}

/** Longer ones are cut, where they are kept as where they are looked for. */
const maxTokenLength = 60;
/** More words than that tell nothing new of a lead. */
const maxTokens = 24;
/** More words than that nobody types. */
const maxTerms = 6;
/** Fewer digits are no telephone number. */
const minDigits = 5;

/**
 * All words of a lead, each once: those of name and company, the e-mail address as a whole (which
 * begins with what stands before the @), its domain, and the telephone number without country code.
 * Each word costs every sync a little.
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
 * What somebody typed, as beginnings of words that a lead must all have. Blanks part the words,
 * except within a telephone number; other signs do not count: "O'Brien", "obrien" and "OBRIEN" are
 * the same. Empty when there is no letter or digit.
 */
export function parseSearchTerms(text: string): string[] {
  const isPhone = /^[\d\s()+./-]+$/.test(text) && extractDigits(text).length >= minDigits;
  const terms = [
    ...new Set(
      (isPhone ? [toPhoneToken(extractDigits(text))] : splitChunks(text).map(fold)).map(truncate),
    ),
  ].filter((term) => term !== '');
  // Whoever has "johnson" has "john".
  return terms
    .filter((term) => !terms.some((other) => other !== term && other.startsWith(term)))
    .slice(0, maxTerms);
}

/** The words that begin with `prefix`, as a range: from, and below. Null where nothing is above. */
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
 * Each run of signs without blanks as one word, and its parts where other signs part them:
 * "Smith&Sons" as smithsons, smith and sons.
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

/** The last ten digits: with and without a country code it is the same number. */
const toPhoneToken = (digits: string): string =>
  digits.length < minDigits ? '' : digits.slice(-10);

const splitChunks = (text: string): string[] =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/u)
    .filter((chunk) => chunk !== '');
const extractDigits = (text: string): string => fold(text).replaceAll(/[^0-9]/g, '');
const truncate = (word: string): string => word.slice(0, maxTokenLength);

/** Letters that no normalisation takes apart. */
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
 * Letters and digits alone, in lower case, without accents. One of another script is written by its
 * number: "zz" and six hexadecimal digits.
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
