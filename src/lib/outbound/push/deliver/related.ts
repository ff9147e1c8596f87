import { recordId } from '../identity.ts';
import type {
  Parents,
  RemoteRecord,
  SearchKey,
  FieldValue,
} from '../../../connectors/contract/destination.ts';
import {
  change,
  fieldsOf,
  make,
  mayHaveMade,
  missingParents,
  mostRounds,
  noteRecord,
  theirsOf,
  unsettled,
  writable,
  type Delivery,
} from './delivery.ts';

type Related = 'account' | 'contact';

/**
 * The account or contact of a lead: the one that is there, whoever made it, else a new one. Of one
 * that is there only blanks are filled: others work with it. The answer is its id; undefined when
 * the lead has nothing to know it by.
 */
export async function ensureRelated(
  delivery: Delivery,
  table: Related,
  parents: Parents,
): Promise<string | undefined> {
  const id = recordId(delivery.held.connectionId, table, delivery.values);
  if (id === null || delivery.plan.tables[table] === undefined) return undefined;
  delivery.auditLog.step = table;
  for (let round = 0, exists = mayHaveMade(delivery); round < mostRounds; round += 1) {
    const found = await findRelated(delivery, table, exists ? id : undefined);
    const written =
      found === null
        ? await make(delivery, table, id, parents)
        : await fillBlanks(delivery, table, found, parents);
    exists ||= written.kind === 'exists';
    if (written.kind !== 'done') continue;
    noteRecord(delivery.progress, table, found?.id ?? id);
    return found?.id ?? id;
  }
  throw unsettled(delivery, table);
}

/**
 * The one that was found before, the one that we would make, or one that somebody else made; not
 * one that was merged into another.
 */
async function findRelated(
  delivery: Delivery,
  table: Related,
  ownId: string | undefined,
): Promise<RemoteRecord | null> {
  const { tables, progress } = delivery;
  const fields = fieldsOf(delivery, table);
  const known = progress.remoteIds[table];
  const before = known === undefined ? null : await tables.read(table, known, fields);
  if (before?.isOpen === true) return before;
  const own =
    ownId === undefined || known === ownId ? null : await tables.read(table, ownId, fields);
  if (own?.isOpen === true) return own;
  const others = await tables.search(table, keyOf(delivery, table), fields);
  return others.find(({ isOpen }) => isOpen) ?? before ?? own;
}

function keyOf({ values }: Delivery, table: Related): SearchKey {
  return table === 'account'
    ? { by: 'domain', domain: String(values['domain']) }
    : { by: 'email', email: String(values['email']) };
}

async function fillBlanks(
  delivery: Delivery,
  table: Related,
  record: RemoteRecord,
  parents: Parents,
) {
  const blanks: Record<string, FieldValue> = {};
  for (const [name, ours] of Object.entries(delivery.plan.tables[table]?.values ?? {})) {
    if (ours !== null && theirsOf(delivery, table, record, name) === null) blanks[name] = ours;
  }
  const values = writable(delivery, table, 'updatable', blanks);
  const links = missingParents(record, parents);
  if (!record.isOpen || (Object.keys(values).length === 0 && Object.keys(links).length === 0))
    return { kind: 'done' as const, etag: record.etag, kept: {} };
  return change(delivery, table, record, values, links);
}
