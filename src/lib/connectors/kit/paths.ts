import { factMark } from '../../conversion/transformations/kit/path.ts';

const quotedOrPlain = /\["((?:[^"\\]|\\["\\])*)"\]|\.?([^.[\]"*\s][^.[\]"]*)/y;

/**
 * The names that a path begins with: those of customer.team[0].email are customer and team. A path
 * to a fact has none, because it is no part of an item. Pure.
 */
export function listNames(path: string): string[] {
  const names: string[] = [];
  quotedOrPlain.lastIndex = path.startsWith(factMark) ? path.length : 0;
  for (let match = quotedOrPlain.exec(path); match !== null; match = quotedOrPlain.exec(path)) {
    const [, quoted, plain] = match;
    names.push(plain ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return names;
}

/**
 * Characters that names which a mapping adds may take up in the address of a request, which is
 * refused when it is too long.
 */
const maxLength = 6_000;

/** As many of the names as an address has room for. */
export function fitNames(names: readonly string[]): string[] {
  let length = 0;
  return names.filter((name) => (length += name.length + '%2C+'.length) <= maxLength);
}
