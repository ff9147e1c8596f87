/*
 * Ids of Salesforce: 15 characters in which case matters, or the same with three more that tell
 * which of them are capitals, so that systems which ignore case keep them apart. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/field_types.htm (ID field type)
 */

const ID = /^[a-zA-Z0-9]{15}(?:[a-zA-Z0-5]{3})?$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
/** Each of the three characters tells of so many of the others. */
const GROUP = 5;
const SHORT = 15;

/**
 * An id in its form of 18 characters; text that is no id stays as it is. The last three characters
 * are computed anew, so that an id whose case was lost in them is the same id.
 */
export function normalizeId(text: string): string {
  if (!ID.test(text)) return text;
  const id = text.slice(0, SHORT);
  return id + [0, 1, 2].map((group) => checkCharacter(id.slice(group * GROUP))).join('');
}

/** The character for the first five: bit n is set when character n is a capital. */
function checkCharacter(text: string): string {
  const bits = Array.from(text.slice(0, GROUP), (character, at) =>
    /[A-Z]/.test(character) ? 1 << at : 0,
  );
  return ALPHABET.charAt(bits.reduce((sum, bit) => sum + bit, 0));
}

/**
 * The first three characters of an id, which tell its object. Those of standard objects are the
 * same in every organisation. Source:
 * https://help.salesforce.com/s/articleView?id=000385203 (Standard Field Record ID Prefix)
 */
const SALES_PREFIXES = new Map([
  ['00Q', 'Lead'],
  ['003', 'Contact'],
  ['006', 'Opportunity'],
  ['001', 'Account'],
]);

/** Which of the sales objects an id belongs to; undefined for any other. */
export const findSalesObject = (id: string): string | undefined =>
  SALES_PREFIXES.get(id.slice(0, 3));
