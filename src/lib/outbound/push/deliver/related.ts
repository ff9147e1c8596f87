import { toRecordId } from '../identity.ts';
import type {
  Parents,
  RemoteRecord,
  SearchKey,
  FieldValue,
} from '../../../connectors/contract/destination.ts';
import {
  updateRecord,
  listFields,
  createRecord,
  ExistingRecord,
  pickMissingParents,
  maxRounds,
  setRemoteId,
  readRemoteValue,
  unstableRecord,
  pickWritable,
  type Delivery,
} from './delivery.ts';

type RelatedTable = 'account' | 'contact';

/**
 * The account or contact of a lead: the one that is there, whoever made it, else a new one. Of one
 * that is there only blanks are filled: others work with it. The answer is its id; undefined when
 * the lead has nothing to know it by.
 */
export async function ensureRelated(
  delivery: Delivery,
  table: RelatedTable,
  parents: Parents,
): Promise<string | undefined> {
  const id = toRecordId(delivery.push.connectionId, table, delivery.values);
  if (id === null || delivery.plan.tables[table] === undefined) return undefined;
  delivery.auditLog.step = table;
  const existing = new ExistingRecord(delivery, table);
  for (let round = 0; round < maxRounds; round += 1) {
    const found = await findRelated(delivery, table, existing.isPossible ? id : undefined);
    const written =
      found === null
        ? await createRecord(delivery, table, id, parents)
        : await fillBlanks(delivery, table, found, parents);
    existing.note(written);
    if (written.kind !== 'done') continue;
    setRemoteId(delivery.progress, table, found?.id ?? id);
    return found?.id ?? id;
  }
  throw unstableRecord(delivery, table);
}

/**
 * The one that was found before, the one that we would make, or one that somebody else made; not
 * one that was merged into another.
 */
async function findRelated(
  delivery: Delivery,
  table: RelatedTable,
  ownId: string | undefined,
): Promise<RemoteRecord | null> {
  const { tables, progress } = delivery;
  const fields = listFields(delivery, table);
  const known = progress.remoteIds[table];
  const before = known === undefined ? null : await tables.read(table, known, fields);
  if (before?.isOpen === true) return before;
  const own =
    ownId === undefined || known === ownId ? null : await tables.read(table, ownId, fields);
  if (own?.isOpen === true) return own;
  const others = await tables.search(table, toSearchKey(delivery, table), fields);
  return others.find(({ isOpen }) => isOpen) ?? before ?? own;
}

function toSearchKey({ values }: Delivery, table: RelatedTable): SearchKey {
  return table === 'account'
    ? { by: 'domain', domain: String(values['domain']) }
    : { by: 'email', email: String(values['email']) };
}

async function fillBlanks(
  delivery: Delivery,
  table: RelatedTable,
  record: RemoteRecord,
  parents: Parents,
) {
  const blanks: Record<string, FieldValue> = {};
  for (const [name, ours] of Object.entries(delivery.plan.tables[table]?.values ?? {})) {
    if (ours !== null && readRemoteValue(delivery, table, record, name) === null)
      blanks[name] = ours;
  }
  const values = pickWritable(delivery, table, 'updatable', blanks);
  const links = pickMissingParents(record, parents);
  if (!record.isOpen || (Object.keys(values).length === 0 && Object.keys(links).length === 0))
    return { kind: 'done' as const, etag: record.etag, kept: {} };
  return updateRecord(delivery, table, record, values, links);
}
