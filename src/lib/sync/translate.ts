import { createHash } from 'node:crypto';
import { z } from 'zod';
import { recordSchemas, type EntityName } from '../entities/records.ts';
import { isStorable } from '../entities/text.ts';
import type { Incoming } from '../entities/upsert.ts';
import { RecordRejected, type MapContext, type Page } from '../providers/types.ts';
import type { Stream } from './types.ts';

/** An item that is set aside, with the reason in plain words. */
export interface Rejected {
  itemKey: string;
  itemIndex: number;
  reason: string;
  item: unknown;
}

export interface Translated {
  incoming: Incoming[];
  rejected: Rejected[];
  /** The ids of all items that have one, accepted or not: what the page proves to exist. */
  seen: string[];
}

/** Maps the items of a page to records. Pure; one bad item never harms its neighbours. */
export function translate(stream: Stream, settings: unknown, page: Pick<Page, 'items' | 'partition'>): Translated {
  const result: Translated = { incoming: [], rejected: [], seen: [] };
  page.items.forEach((item, index) => {
    const id = attempt(() => stream.identify(item)).value;
    if (id !== undefined && isStorable(id)) result.seen.push(id);
    const mapped = attempt(() => toIncoming(stream, item, { settings, partition: page.partition, index }));
    if (mapped.value !== undefined) result.incoming.push(mapped.value);
    else result.rejected.push({ itemKey: keyOf(id, item), itemIndex: index, reason: reasonOf(mapped.error), item });
  });
  return result;
}

function toIncoming(stream: Stream, item: unknown, context: MapContext<unknown>): Incoming {
  const record = parseRecord(stream.entity, stream.map(item, context));
  const raw = JSON.stringify(item) ?? 'null';
  if (unstorable.test(raw)) throw new RecordRejected('The item holds a character that cannot be stored (NUL or half of a surrogate pair).');
  const hash = createHash('sha256').update(JSON.stringify(record)).update(raw).digest('base64');
  return { record, raw: item, hash };
}

function parseRecord(entity: EntityName, record: unknown): Incoming['record'] {
  return recordSchemas[entity].parse(record);
}

/** JSON text escapes what Postgres refuses: an escape counts when an even number of backslashes stands before it. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

function attempt<T>(work: () => T): { value?: T; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RecordRejected) return error.message;
  if (error instanceof z.ZodError) {
    return error.issues.map((issue) => `The field "${issue.path.join('.')}" ${issue.message.replace(/^Invalid input: expected/, 'should be')}.`).join(' ');
  }
  return 'The item could not be read: its mapping failed.';
}

function keyOf(id: string | undefined, item: unknown): string {
  if (id !== undefined && isStorable(id)) return id.slice(0, 200);
  return `digest:${createHash('sha256').update(JSON.stringify(item) ?? '').digest('hex').slice(0, 32)}`;
}
