import { isDeepStrictEqual } from 'node:util';
import type { FieldMapping } from '../connectors/contract/destination.ts';
import {
  applyOverrides,
  findOutdated,
  findOverrides,
  type Override,
} from '../conversion/schema/overrides.ts';

/*
 * What a workspace changes about the default mapping of a provider, row by row. A row is named by
 * its role and its target, because two objects of a CRM have fields of the same name.
 */

/** One change; `target` is the name of the row, such as "lead.telephone1". */
export type RowOverride = Override<FieldMapping>;

/** "lead.telephone1". */
export const nameRow = ({ role, target }: Pick<FieldMapping, 'role' | 'target'>): string =>
  `${role}.${target}`;

/** What turns a default into rows of one's own. Pure. */
export const findRowOverrides = (
  base: readonly FieldMapping[],
  own: readonly FieldMapping[],
): RowOverride[] => findOverrides(base.map(toNamed), own.map(toNamed)).map(withPlainRows);

/** The default with the changes; rows of one's own come last. Pure. */
export const applyRowOverrides = (
  base: readonly FieldMapping[],
  overrides: readonly RowOverride[],
): FieldMapping[] => applyOverrides(base.map(toNamed), overrides.map(withNamedRows)).map(toPlain);

/** The names of the changed rows that the default has changed as well since. Pure. */
export const findOutdatedRows = (
  base: readonly FieldMapping[],
  overrides: readonly RowOverride[],
): Set<string> =>
  new Set(
    findOutdated(base.map(toNamed), overrides.map(withNamedRows)).map(({ target }) => target),
  );

/**
 * The changes of the rows that are saved next. One that was there before keeps the row that it was
 * made upon, so that it is still known whether the default has changed since; unless somebody has
 * looked at that and `confirmed` it by its name. Pure.
 */
export function updateOverrides(
  base: readonly FieldMapping[],
  own: readonly FieldMapping[],
  before: readonly RowOverride[],
  confirmed: readonly string[] = [],
): RowOverride[] {
  const known = new Map(
    before
      .filter(({ target }) => !confirmed.includes(target))
      .map((change) => [change.target, change]),
  );
  return findRowOverrides(base, own).map((change) => {
    const previous = known.get(change.target);
    return previous !== undefined && isDeepStrictEqual(previous.own, change.own)
      ? previous
      : change;
  });
}

const toNamed = (row: FieldMapping): FieldMapping => ({ ...row, target: nameRow(row) });
const toPlain = (row: FieldMapping): FieldMapping => ({
  ...row,
  target: row.target.slice(row.role.length + 1),
});

const changeRows =
  (change: (row: FieldMapping) => FieldMapping) =>
  ({ target, base, own }: RowOverride): RowOverride => ({
    target,
    base: base && change(base),
    own: own && change(own),
  });
const withNamedRows = changeRows(toNamed);
const withPlainRows = changeRows(toPlain);
