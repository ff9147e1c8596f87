/*
 * The words by which leads are found. Pure. A word consists of 0-9 and a-z alone: those sort the
 * same in every collation of a database, digits first, so that "begins with" is a range of an index
 * (row-level security keeps LIKE from using one).
 */

export interface Wordy {
  name: string;
  company: string | null;
  email: string | null;
  phone: string | null;
}

/** Longer ones are cut, where they are kept as where they are looked for. */
const longest = 60;
/** More words than that tell nothing new of a lead. */
const mostWords = 24;
/** More words than that nobody types. */
const mostTerms = 6;
/** Fewer digits are no telephone number. */
const fewestDigits = 5;

/**
 * All words of a lead, each once: those of name and company, the e-mail address as a whole (which
 * begins with what stands before the @), its domain, and the telephone number without country code.
 * Each word costs every sync a little.
 */
export function leadWordsOf({ name, company, email, phone }: Wordy): string[] {
  const words = new Set([
    ...textWords(name),
    ...textWords(company ?? ''),
    ...emailWords(email ?? ''),
    phoneWord(digitsOf(phone ?? '')),
  ]);
  words.delete('');
  return [...words].slice(0, mostWords);
}

/**
 * What somebody typed, as beginnings of words that a lead must all have. Blanks part the words,
 * except within a telephone number; other signs do not count: "O'Brien", "obrien" and "OBRIEN" are
 * the same. Empty when there is no letter or digit.
 */
export function searchTerms(text: string): string[] {
  const isPhone = /^[\d\s()+./-]+$/.test(text) && digitsOf(text).length >= fewestDigits;
  const terms = [
    ...new Set((isPhone ? [phoneWord(digitsOf(text))] : chunksOf(text).map(folded)).map(cut)),
  ].filter((term) => term !== '');
  // Whoever has "johnson" has "john".
  return terms
    .filter((term) => !terms.some((other) => other !== term && other.startsWith(term)))
    .slice(0, mostTerms);
}

/** The words that begin with `prefix`, as a range: from, and below. Null where nothing is above. */
export function wordRange(prefix: string): { from: string; below: string | null } {
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
function textWords(text: string): string[] {
  return chunksOf(text).flatMap(partsOf).map(cut);
}

function partsOf(chunk: string): string[] {
  const parts = chunk
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map(folded)
    .filter((part) => part !== '');
  return parts.length === 1 ? parts : [parts.join(''), ...parts.filter((part) => part.length > 1)];
}

function emailWords(email: string): string[] {
  const at = email.lastIndexOf('@');
  return [email, ...(at < 0 ? [] : [email.slice(at + 1)])].map(folded).map(cut);
}

/** The last ten digits: with and without a country code it is the same number. */
const phoneWord = (digits: string): string =>
  digits.length < fewestDigits ? '' : digits.slice(-10);

const chunksOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/u)
    .filter((chunk) => chunk !== '');
const digitsOf = (text: string): string => folded(text).replaceAll(/[^0-9]/g, '');
const cut = (word: string): string => word.slice(0, longest);

/** Letters that no normalisation takes apart. */
const plain: Record<string, string> = {
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
function folded(text: string): string {
  let word = '';
  for (const sign of text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[ßæœøłđðþıς]/g, (letter) => plain[letter] ?? letter)) {
    if (/[0-9a-z]/.test(sign)) word += sign;
    else if (/[\p{L}\p{N}]/u.test(sign))
      word += `zz${(sign.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`;
  }
  return word;
}
