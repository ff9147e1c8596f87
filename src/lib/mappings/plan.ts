import { createHash } from 'node:crypto';
import type { CompiledRow } from './compile-rows.ts';
import { findTargetField, listTargetFields, nameObject } from './target-fields.ts';
import { toTargetValue } from './target-value.ts';
import {
  objectRoles,
  type ConflictRule,
  type FieldValue,
  type ObjectRole,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';
import { getOwn } from '../platform/own.ts';

/** What one record in the CRM should hold, and the conflict rule of each field. */
interface PlannedRecord {
  values: Record<string, FieldValue>;
  rules: Record<string, ConflictRule>;
}

/** What a push of one lead should bring about. A role that is missing here is not written. */
export interface Plan {
  records: Partial<Record<ObjectRole, PlannedRecord>>;
  /** Sentences for people: what cannot be sent, and why. */
  problems: string[];
  /** SHA-256 of the records; equal plans have equal hashes. */
  hash: string;
}

/**
 * Applies the compiled rows of a mapping to the values of one lead, within what the CRM's description of its fields
 * allows. Pure.
 */
export function buildPlan(
  mapping: readonly CompiledRow[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): Plan {
  const problems: string[] = [];
  const records: Plan['records'] = {};
  for (const role of objectRoles) {
    if (metadata.objects[role] === undefined || !isWanted(role, values)) continue;
    const rows = mapping.filter(({ row }) => row.role === role);
    if (rows.length > 0) records[role] = planRecord(rows, values, metadata, problems);
  }
  return { records, problems, hash: computeDigest(records) };
}

/**
 * The value without which a lead has no record in a role: companies are matched by domain, contacts
 * by e-mail address, and a deal needs a score that is high enough for a stage.
 */
const neededValues: Record<ObjectRole, string> = {
  company: 'domain',
  contact: 'email',
  lead: 'leadId',
  deal: 'opportunityStage',
};

function isWanted(role: ObjectRole, values: Record<string, FieldValue>): boolean {
  return (values[neededValues[role]] ?? null) !== null;
}

function planRecord(
  rows: readonly CompiledRow[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
  problems: string[],
): PlannedRecord {
  const planned: PlannedRecord = { values: {}, rules: {} };
  for (const { row, fill } of rows) {
    const field = findTargetField(metadata, row.role, row.target);
    if (field === undefined) {
      problems.push(
        `The object "${nameObject(metadata, row.role)}" in the CRM has no field "${row.target}".`,
      );
      continue;
    }
    const value = toTargetValue(field, fill(values), problems);
    if (value === undefined) continue;
    planned.values[row.target] = value;
    planned.rules[row.target] = row.rule;
  }
  return planned;
}

/** Sorts the keys first, so that the order of records and fields does not matter. */
function computeDigest(records: Plan['records']): string {
  const inOrder = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(records, inOrder)).digest('hex');
}

/** The fields that the CRM asks people to fill in, and that `values` leaves empty. Pure. */
export function findExpectedFields(
  metadata: TargetMetadata,
  role: ObjectRole,
  values: Record<string, FieldValue>,
): TargetField[] {
  return listTargetFields(metadata, role).filter(
    ({ name, expected, creatable, type }) =>
      expected === true && creatable && type !== 'lookup' && (values[name] ?? null) === null,
  );
}

/**
 * The fields that keep the CRM from accepting a new record: required there, and left empty by
 * `values`. Pure.
 */
export function findMissingFields(
  metadata: TargetMetadata,
  role: ObjectRole,
  values: Record<string, FieldValue>,
): TargetField[] {
  return listTargetFields(metadata, role).filter(
    ({ name, required, creatable, type }) =>
      required && creatable && type !== 'lookup' && (getOwn(values, name) ?? null) === null,
  );
}
