import { createHash } from 'node:crypto';
import { toStoredValue } from './merge.ts';
import {
  pushTables,
  type ConflictRule,
  type FieldMapping,
  type FieldValue,
  type PushTable,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';

/** What is to stand in one record there. */
interface PlannedRecord {
  values: Record<string, FieldValue>;
  rules: Record<string, ConflictRule>;
}

/** What a push of one lead is to bring about. A table that is missing is left alone. */
export interface Plan {
  tables: Partial<Record<PushTable, PlannedRecord>>;
  /**
   * What cannot be sent, and why, in plain words: fields that are not there, labels that no option
   * has.
   */
  problems: string[];
  /** Equal for equal plans. */
  hash: string;
}

/**
 * Makes the plan of a lead from the mapping, its values and what the CRM says of its fields. Pure.
 */
export function buildPlan(
  mapping: readonly FieldMapping[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): Plan {
  const problems: string[] = [];
  const tables: Plan['tables'] = {};
  for (const table of pushTables) {
    if (!isWanted(table, values)) continue;
    const rows = mapping.filter((row) => row.table === table);
    if (rows.length > 0) tables[table] = planRecord(rows, values, metadata, problems);
  }
  return { tables, problems, hash: computeDigest(tables) };
}

/**
 * An account stands for a domain, a contact for an e-mail address, and an opportunity is worth
 * making from a score on.
 */
function isWanted(table: PushTable, values: Record<string, FieldValue>): boolean {
  const needs = {
    account: 'domain',
    contact: 'email',
    lead: 'leadId',
    opportunity: 'opportunityStage',
  } as const;
  return (values[needs[table]] ?? null) !== null;
}

function planRecord(
  rows: readonly FieldMapping[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
  problems: string[],
): PlannedRecord {
  const planned: PlannedRecord = { values: {}, rules: {} };
  for (const row of rows) {
    const field = metadata.tables[row.table].fields.find(({ name }) => name === row.target);
    if (field === undefined) {
      problems.push(`There is no field "${row.target}" in the table ${row.table}.`);
      continue;
    }
    const value = toFieldValue(row, field, resolveSourceValue(row.source, values), problems);
    if (value === undefined) continue;
    planned.values[row.target] = value;
    planned.rules[row.target] = row.rule;
  }
  return planned;
}

function resolveSourceValue(source: string, values: Record<string, FieldValue>): FieldValue {
  return source.startsWith('=') ? source.slice(1) : (values[source] ?? null);
}

/** Undefined when it cannot be sent; the reason is among the problems then. */
function toFieldValue(
  { labels }: FieldMapping,
  field: TargetField,
  value: FieldValue,
  problems: string[],
): FieldValue | undefined {
  if (field.type === 'lookup' || field.type === 'other') {
    problems.push(
      `The field "${field.name}" holds a link or another kind of value that a mapping cannot fill.`,
    );
    return undefined;
  }
  if (value === null) return null;
  if (field.type === 'option')
    return findOption(field, labels?.[String(value)] ?? String(value), problems);
  const stored = toStoredValue(field, value);
  if (stored === null && String(value).trim() !== '')
    problems.push(`"${field.name}" takes no value such as ours: it is of the type ${field.type}.`);
  if (typeof stored !== 'number' || isWithin(field, stored)) return stored;
  problems.push(
    `"${field.name}" takes numbers from ${field.min ?? 'any'} to ${field.max ?? 'any'}; ours is ${stored}.`,
  );
  return undefined;
}

const isWithin = ({ min, max }: TargetField, value: number): boolean =>
  (min === null || value >= min) && (max === null || value <= max);

/**
 * Option sets are numbers there, and customers rename and extend them: only a label that is there
 * counts.
 */
function findOption(field: TargetField, label: string, problems: string[]): number | undefined {
  const wanted = label.trim().toLowerCase();
  const option = field.options?.find((each) => each.label.trim().toLowerCase() === wanted);
  if (option === undefined)
    problems.push(
      `"${field.name}" has no option called "${label}". It has: ${(field.options ?? []).map((each) => each.label).join(', ')}.`,
    );
  return option?.value;
}

/** Whatever the order of tables and fields. */
function computeDigest(tables: Plan['tables']): string {
  const inOrder = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(tables, inOrder)).digest('hex');
}

/**
 * The fields that a new record cannot be made with, because the CRM requires them and nothing fills
 * them. Pure.
 */
export function findMissingFields(
  metadata: TargetMetadata,
  table: PushTable,
  values: Record<string, FieldValue>,
): TargetField[] {
  return metadata.tables[table].fields.filter(
    ({ name, required, creatable, type }) =>
      required && creatable && type !== 'lookup' && (values[name] ?? null) === null,
  );
}
