import { listNames } from '../kit/paths.ts';

/**
 * The fields, and fields of parents (`Account.Industry`), that a mapping reads beyond those that are
 * read of an object anyway, in the order of their names, so that equal ones are equal. A person
 * chose the names, so none of them need exist. Pure.
 */
export function findExtraFields(
  { fields }: { fields: readonly string[] },
  paths: readonly string[],
): string[] {
  const names = paths.flatMap((path) => {
    const parts = listNames(path);
    const name = parts.join('.');
    const isPossible = parts.length <= 2 && parts.every((part) => NAME.test(part));
    return isPossible && name !== '' && !fields.includes(name) ? [name] : [];
  });
  return [...new Set(names)].toSorted();
}

/** Names as a query can hold them. Source: the reference of SOQL on names of fields. */
const NAME = /^[a-z]\w{0,79}$/i;
