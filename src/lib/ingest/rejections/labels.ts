import { isDigestKey } from '../item.ts';
import type { RecordError } from './raw.ts';
import { getOwn } from '../../platform/own.ts';

const kindLabels: Record<string, string> = {
  no_id: 'No id',
  characters: 'Characters that cannot be stored',
  mapping: 'Other reasons',
};

/** The kind of a reason, for people: a label, or else the name of the field to blame. */
export function rejectionKindLabel(kind: string): string {
  return getOwn(kindLabels, kind) ?? `Field “${kind}”`;
}

/** A record by its stream and the source's id of it, if it has one. */
export function recordLabel(streamLabel: string, key: string): string {
  return `${streamLabel} ${isDigestKey(key) ? 'without an id' : key}`;
}

/** A rejected record as the audit log names it. */
export const toRecordTarget = ({ id, stream, itemKey }: RecordError) => ({
  type: 'record',
  id,
  label: recordLabel(stream, itemKey),
});
