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
  readOwnRecord,
  readRemoteValue,
  unstableRecord,
  pickWritable,
  type Delivery,
} from './delivery.ts';

type RelatedRole = 'company' | 'contact';

/**
 * The company or contact of a lead: the one that is there, whoever made it, else a new one. Of one
 * that is there only blanks are filled: others work with it. The answer is its id; undefined when
 * the lead has nothing to know it by.
 */
export async function ensureRelated(
  delivery: Delivery,
  role: RelatedRole,
  parents: Parents,
): Promise<string | undefined> {
  const key = delivery.toKey(role);
  if (key === null || delivery.plan.records[role] === undefined) return undefined;
  delivery.auditLog.step = role;
  const existing = new ExistingRecord(delivery, role);
  for (let round = 0; round < maxRounds; round += 1) {
    const found = await findRelated(delivery, role, existing.isPossible ? key : undefined);
    const written =
      found === null
        ? await createRecord(delivery, role, key, parents)
        : await fillBlanks(delivery, role, found, parents);
    existing.note(written);
    if (written.kind !== 'done') continue;
    setRemoteId(delivery.progress, role, written.id);
    return written.id;
  }
  throw unstableRecord(delivery, role);
}

/**
 * The one that was found before, the one that we would make, or one that somebody else made; not
 * one that was merged into another.
 */
async function findRelated(
  delivery: Delivery,
  role: RelatedRole,
  ownKey: string | undefined,
): Promise<RemoteRecord | null> {
  const { objects, progress } = delivery;
  const fields = listFields(delivery, role);
  const known = progress.remoteIds[role];
  const before = known === undefined ? null : await objects.read(role, known, fields);
  if (before?.standing === 'open') return before;
  const own =
    ownKey === undefined || (known !== undefined && known === objects.toId(role, ownKey))
      ? null
      : await readOwnRecord(delivery, role, ownKey);
  if (own?.standing === 'open') return own;
  const others = await objects.search(role, toSearchKey(delivery, role), fields);
  return others.find(({ standing }) => standing === 'open') ?? before ?? own;
}

function toSearchKey({ values }: Delivery, role: RelatedRole): SearchKey {
  return role === 'company'
    ? { by: 'domain', domain: String(values['domain']) }
    : { by: 'email', email: String(values['email']) };
}

async function fillBlanks(
  delivery: Delivery,
  role: RelatedRole,
  record: RemoteRecord,
  parents: Parents,
) {
  const blanks: Record<string, FieldValue> = {};
  for (const [name, ours] of Object.entries(delivery.plan.records[role]?.values ?? {})) {
    if (ours !== null && readRemoteValue(delivery, role, record, name) === null)
      blanks[name] = ours;
  }
  const values = pickWritable(delivery, role, 'updatable', blanks);
  const links = pickMissingParents(record, parents);
  if (
    record.standing !== 'open' ||
    (Object.keys(values).length === 0 && Object.keys(links).length === 0)
  )
    return { kind: 'done' as const, id: record.id, version: record.version, kept: {} };
  return updateRecord(delivery, role, record, values, links);
}
