import { z } from 'zod';
import { RecordRejected } from '../../connectors/contract/source.ts';
import { hashItem, hasUnstorableCharacter, toItemKey, toJson } from '../item.ts';
import type { Stream } from '../types.ts';

/** An item that could not become a record, with the reason in plain words. */
export interface Rejection {
  itemKey: string;
  itemIndex: number;
  /** The class of the reason: the field to blame, else `no_id`, `characters` or `mapping`. */
  kind: string;
  reason: string;
  /** The item as received, and its digest. */
  item: unknown;
  digest: string;
  /** Whether it was rejected although a person's correction was applied to it. */
  corrected: boolean;
}

/** What is known of an item at the moment it is rejected. */
export interface RejectedItem {
  /** The item as received. */
  received: unknown;
  /** The item after a person's correction, and its id; the same as `received` without one. */
  item: unknown;
  id: string | undefined;
  itemIndex: number;
  corrected: boolean;
  error: unknown;
}

export function toRejection(
  stream: Stream,
  { received, item, id, itemIndex, corrected, error }: RejectedItem,
): Rejection {
  return {
    itemKey: toItemKey(stream, received),
    itemIndex,
    kind: classifyRejection(error, id, item),
    reason: formatReason(error),
    item: received,
    digest: hashItem(received),
    corrected,
  };
}

function classifyRejection(error: unknown, id: string | undefined, item: unknown): string {
  if (id === undefined) return 'no_id';
  if (hasUnstorableCharacter(toJson(item))) return 'characters';
  if (error instanceof RecordRejected) return error.field ?? 'mapping';
  if (error instanceof z.ZodError)
    return error.issues[0]?.path.filter((part) => typeof part === 'string').join('.') || 'mapping';
  return 'mapping';
}

function formatReason(error: unknown): string {
  if (error instanceof RecordRejected) return error.message;
  if (error instanceof z.ZodError) return error.issues.map(formatIssue).join(' ');
  return 'The item could not be read: its mapping failed.';
}

function formatIssue({ path, message }: z.ZodError['issues'][number]): string {
  const problem = message.replace(/^Invalid input: expected/, 'should be');
  return `The field "${path.join('.')}" ${problem}.`;
}
