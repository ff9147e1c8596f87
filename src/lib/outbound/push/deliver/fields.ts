import type { FieldConflict } from '../../conflicts.ts';
import { mergeField } from '../../../mappings/merge.ts';
import { toStoredValue } from '../../../mappings/stored-value.ts';
import type {
  RemoteRecord,
  FieldValue,
  ObjectRole,
} from '../../../connectors/contract/destination.ts';
import { findField, readRemoteValue, pickWritable, type Delivery } from './delivery.ts';
import { getOwn } from '../../../platform/own.ts';

/**
 * The values that both sides agreed on, by remote field. Fields of other records than the lead have
 * their role before them.
 */
export type Base = Record<string, FieldValue>;

export const toBaseKey = (role: ObjectRole, name: string): string =>
  role === 'lead' ? name : `${role}.${name}`;

export interface MergedRecord {
  /** Values to write into the CRM. */
  send: Record<string, FieldValue>;
  conflicts: FieldConflict[];
  /** Fields whose value in the CRM is taken over into the lead. */
  taken: string[];
  /** The values that both sides agree on once `send` is written. */
  base: Base;
}

/** Merges every planned field with an existing record. */
export function mergeRecord(
  delivery: Delivery,
  role: ObjectRole,
  record: RemoteRecord,
): MergedRecord {
  const merged: MergedRecord = { send: {}, conflicts: [], taken: [], base: {} };
  const planned = delivery.plan.records[role];
  for (const [name, ours] of Object.entries(planned?.values ?? {})) {
    const key = toBaseKey(role, name);
    const base = getOwn(delivery.push.base ?? {}, key);
    const theirs = readRemoteValue(delivery, role, record, name);
    const { kind } = mergeField(getOwn(planned?.rules ?? {}, name) ?? 'ours', {
      ours,
      theirs,
      base,
      oursChangedAt: delivery.changedAt,
      theirsChangedAt: record.changedAt,
    });
    if (kind === 'send') merged.send[name] = ours;
    if (kind === 'conflict') merged.conflicts.push({ field: key, ours, theirs, base });
    if (kind === 'take') merged.taken.push(name);
    // A field that cannot be updated keeps the value with which the record was created.
    if (kind === 'send')
      merged.base[key] = Object.hasOwn(
        pickWritable(delivery, role, 'updatable', { [name]: ours }),
        name,
      )
        ? ours
        : theirs;
    else if (kind === 'same') merged.base[key] = ours;
    else if (base !== undefined) merged.base[key] = base;
  }
  merged.send = pickWritable(delivery, role, 'updatable', merged.send);
  return merged;
}

/**
 * The base after a write, with the values as the CRM stored them. It may shorten, round or rewrite
 * values, and reading them back must not look like a change that somebody made there.
 */
export function applyKept(
  delivery: Delivery,
  role: ObjectRole,
  base: Base,
  { kept }: { kept: Record<string, FieldValue> },
): Base {
  const rewritten = Object.entries(kept).flatMap(([name, value]) => {
    const [key, field] = [toBaseKey(role, name), findField(delivery, role, name)];
    return field === undefined || !Object.hasOwn(base, key)
      ? []
      : [[key, toStoredValue(field, value)] as const];
  });
  return { ...base, ...Object.fromEntries(rewritten) };
}

/** The base of a record that was just created. */
export function toInitialBase(delivery: Delivery, role: ObjectRole): Base {
  const entries = Object.entries(delivery.plan.records[role]?.values ?? {}).filter(
    ([name]) => findField(delivery, role, name)?.creatable === true,
  );
  return Object.fromEntries(entries.map(([name, value]) => [toBaseKey(role, name), value]));
}
