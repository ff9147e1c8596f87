import { tableStep } from '../../conversion/schema/table.ts';
import { isId } from '../../platform/id.ts';
import { getOwn } from '../../platform/own.ts';
import type {
  ConflictRule,
  FieldMapping,
  FieldValue,
  ObjectRole,
} from '../contract/destination.ts';

/** What destinations have in common. All of it is pure. */

/** Rows of a default mapping that share a role and a rule: from the CRM's field to ours. */
export const mapFields = (
  role: ObjectRole,
  rule: ConflictRule,
  fields: Readonly<Record<string, string>>,
): FieldMapping[] =>
  Object.entries(fields).map(([target, source]) => ({
    role,
    target,
    sources: [source],
    steps: [],
    rule,
  }));

/** A row that sends the same text for every lead. */
export const sendText = (
  role: ObjectRole,
  rule: ConflictRule,
  target: string,
  value: string,
): FieldMapping => ({
  role,
  target,
  sources: [],
  steps: [{ fn: 'constant', args: { value } }],
  rule,
});

/** A row for an option set with words of its own: from each of our values to its label there. */
export const mapLabels = (
  role: ObjectRole,
  rule: ConflictRule,
  target: string,
  source: string,
  labels: Readonly<Record<string, string>>,
): FieldMapping => ({
  role,
  target,
  sources: [source],
  steps: [tableStep(Object.entries(labels).map(([from, to]) => ({ from, to })))],
  rule,
});

/** The values of the named fields; fields that the row lacks are left out. */
export const pickFields = (
  row: object,
  names: readonly string[],
  read: (value: unknown) => FieldValue = (value) => (value ?? null) as FieldValue,
): Record<string, FieldValue> =>
  Object.fromEntries(
    names
      .filter((name) => Object.hasOwn(row, name))
      .map((name) => [name, read(Reflect.get(row, name))]),
  );

/** The id of our lead that a row claims to be in a field of its own; null when it is none of ours. */
export function readOurId(row: object, field: string): string | null {
  const value: unknown = getOwn(row as Record<string, unknown>, field);
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return isId(id) ? id : null;
}

/** Whether a website, with or without its scheme, is at the domain or below it. */
export function isAtDomain(website: string, domain: string): boolean {
  const host =
    /^(?:[a-z][\w+.-]*:\/\/)?([^/?#:@\s]+)/i.exec(website.trim())?.[1]?.toLowerCase() ?? '';
  return host === domain || host.endsWith(`.${domain}`);
}
