import { isDeepStrictEqual } from 'node:util';
import { parseJson } from './http/json.ts';
import { isObject } from './merge-patch.ts';

/** Replaces hidden characters. A value that still contains it was not entered in full. */
const maskMark = '•••';

/** Names of fields that hold personal data or secrets. */
const personalFieldPattern = /name|mail|phone|mobile|address|street|zip|token|secret|password|key/i;
/** The repetitions are bounded, because unbounded ones would make matching quadratic. */
const mailPattern = /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/g;
const phonePattern = /\+\d[\d\s().-]{6,24}\d|\(?\b\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}\b/g;

/** The item with its personal values reduced to their first character. Pure. */
export function mask(value: unknown, hidden = false): unknown {
  if (Array.isArray(value)) return value.map((each) => mask(each, hidden));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        mask(each, hidden || personalFieldPattern.test(name)),
      ]),
    );
  if (typeof value === 'string')
    return hidden
      ? maskString(value)
      : value.replace(mailPattern, maskString).replace(phonePattern, maskString);
  return hidden && typeof value === 'number' ? maskMark : value;
}

const maskString = (text: string): string =>
  text.trim() === '' ? text : `${[...text][0]}${maskMark}`;

/** The masked item as JSON, for a person to read and edit. */
export function formatMasked(item: unknown): string {
  return JSON.stringify(mask(item), null, 2) ?? 'null';
}

/** Thrown for a masked value whose original can no longer be determined. */
export class MaskedValueError extends Error {
  override name = 'MaskLeft';
}

/**
 * Applies a person's edits to the item: values that are unchanged in the masked text keep their
 * original value. Throws SyntaxError when the text is not JSON, and MaskedValueError when a masked
 * value was moved or changed in part. Pure.
 */
export function parseEdited(item: unknown, text: string): unknown {
  return restore(item, parseJson(formatMasked(item)), parseJson(text));
}

function restore(original: unknown, shown: unknown, edited: unknown): unknown {
  if (isDeepStrictEqual(edited, shown)) return original;
  if (isObject(edited) && isObject(shown) && isObject(original)) {
    return Object.fromEntries(
      Object.entries(edited).map(([name, value]) => [
        name,
        Object.hasOwn(shown, name)
          ? restore(original[name], shown[name], value)
          : assertUnmasked(value),
      ]),
    );
  }
  if (Array.isArray(edited) && Array.isArray(shown) && Array.isArray(original))
    return restoreList(original, shown, edited);
  return assertUnmasked(edited);
}

/** Matches each element with the original at its position, or with an equal one if it was moved. */
function restoreList(original: unknown[], shown: unknown[], edited: unknown[]): unknown[] {
  return edited.map((value, index) => {
    const stays = index < shown.length && isDeepStrictEqual(value, shown[index]);
    if (stays && edited.length === shown.length) return original[index];
    const same = shown.flatMap((each, at) =>
      isDeepStrictEqual(each, value) ? [original[at]] : [],
    );
    if (same.length > 0 && same.every((each) => isDeepStrictEqual(each, same[0]))) return same[0];
    return same.length === 0 && edited.length === shown.length
      ? restore(original[index], shown[index], value)
      : assertUnmasked(value);
  });
}

function assertUnmasked(value: unknown): unknown {
  if (JSON.stringify(value).includes(maskMark))
    throw new MaskedValueError(
      `A value still contains "${maskMark}", which stands for hidden characters. ` +
        'Enter it in full, or leave it as it was.',
    );
  return value;
}
