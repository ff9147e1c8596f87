import { isAscii } from '../../records/text.ts';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import { AsYouType, type PhoneNumber } from 'libphonenumber-js/min';
import metadata from 'libphonenumber-js/min/metadata';

/*
 * The words that telephone numbers are found by. A workspace has no country, so that a number
 * tells it by its "+" or not at all. Zeros in front are left out of words and searches: in most
 * countries they only say that an area code or a country code follows.
 */

/** Fewer digits do not count as a telephone number. */
const minDigits = 5;
/** Fewer digits are an area code or the other ending of a number, not one of their own. */
const minWhole = 7;
/** With fewer digits after the country code, the search is for the code as well. */
const minNational = 2;
/** Longer numbers are also known by their last digits, which leaves out a country code. */
const lastDigits = 10;
/** No telephone number has more (ITU-T E.164, section 6.2.1). */
const maxDigits = 15;
/** Numbers of one field that are indexed, and words for them. */
const maxNumbers = 4;
const maxWords = 8;

/** Behind a number: `x12`, `ext. 12`, `;ext=12`, `#12` and their like in other languages. */
const extension =
  /(?<=[\d)])[\s,;]{0,3}(?:ext(?:ension|n)?|xtn|poste|anexo|ramal|durchwahl|dw|доб|x|#)[\s.:=]{0,3}\d{1,7}\b/giu;
/** What may stand between the digits of a number. */
const telephone = /^[\d\s()+./\p{Pd}]+$/u;
/** Words and signs between two numbers, line breaks, and a "+" behind a digit. */
const separator = /[^\d\s()+./\p{Pd}]+|[\r\n]+|(?<=\d)\s*(?=\+)/u;

/** A "+", or the "00" that many countries dial for it where enough digits follow. */
const namesCountry = /^\s*\(?\s*(?:\+|00(?=(?:\D*\d){7}))/;

/**
 * The words of a telephone field, which may hold several numbers with extensions: the digits as
 * they are dialled within the country and, for numbers that name theirs, behind its code. None for
 * fewer than five digits.
 */
export function phoneTokens(field: string): string[] {
  const words = new Set(splitNumbers(clean(field)).slice(0, maxNumbers).flatMap(numberTokens));
  return [...words].slice(0, maxWords);
}

/**
 * The word that a search for a telephone number, or its beginning, looks for; null when the text is
 * not one.
 */
export function parsePhoneTerm(text: string): string | null {
  const number = clean(text).replaceAll(extension, '').trim();
  if (!telephone.test(number) || toDigits(number).length < minDigits) return null;
  return toLast(namesCountry.test(number) ? withoutCountry(number) : toDigits(number));
}

/** The digits after the country code, as far as they were typed. */
function withoutCountry(number: string): string {
  const digits = toDigits(number).replace(/^0+/, '');
  const typed = new AsYouType();
  typed.input(`+${digits}`);
  const national = digits.slice(typed.getCallingCode()?.length ?? 0);
  return national.length < minNational ? digits : national;
}

/** The numbers of a field: a slash may also stand behind an area code (030/123456). */
function splitNumbers(field: string): string[] {
  return field
    .replaceAll(extension, '\n')
    .split(separator)
    .flatMap(splitAtSlash)
    .filter((number) => toDigits(number).length >= minDigits);
}

function splitAtSlash(text: string): string[] {
  const numbers: string[] = [];
  for (const part of text.split('/')) {
    const last = numbers.at(-1);
    if (last === undefined || (isWhole(last) && isWhole(part))) numbers.push(part);
    // A shorter part is the other ending of the number before it (555-0100/01).
    else if (!isWhole(last) || toDigits(part).length >= minDigits)
      numbers[numbers.length - 1] = last + part;
  }
  return numbers;
}

const isWhole = (number: string): boolean =>
  parseInternational(number)?.isPossible() ?? toDigits(number).length >= minWhole;

function numberTokens(number: string): string[] {
  const digits = toDigits(number).slice(0, maxDigits);
  const parsed = parseInternational(number, mainCountries);
  if (parsed === undefined) return [withoutZeros(digits), toLast(digits)];
  const [national, dialled] = [String(parsed.nationalNumber), toDigits(parsed.formatNational())];
  const abroad = `${parsed.countryCallingCode}${national}`;
  return [
    withoutZeros(national),
    withoutZeros(dialled),
    ...[national, dialled, abroad].map(toLast),
  ];
}

/**
 * One country for each calling code. How the digits of a number are split and dialled follows from
 * its code; to find out which of 25 countries behind +1 it belongs to takes as long as all the rest.
 */
const mainCountries = {
  ...metadata,
  country_calling_codes: Object.fromEntries(
    Object.entries(metadata.country_calling_codes).map(([code, [main]]) => [code, [main]]),
  ),
} as typeof metadata;

/**
 * The number if it names its country. With `mainCountries` only the digits of the result are right.
 */
function parseInternational(number: string, countries = metadata): PhoneNumber | undefined {
  return namesCountry.test(number)
    ? parsePhoneNumberFromString(number.replace(namesCountry, '+'), countries)
    : undefined;
}

/** NFKC makes digits of all widths and of "①" plain; signs without a shape are left out. */
const clean = (text: string): string =>
  isAscii(text) ? text : text.normalize('NFKC').replaceAll(/\p{Cf}/gu, '');
const toDigits = (text: string): string => text.replaceAll(/[^0-9]/g, '');
const withoutZeros = (digits: string): string => digits.replace(/^0+/, '');
const toLast = (digits: string): string => withoutZeros(digits).slice(-lastDigits);
