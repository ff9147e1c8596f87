import { type FieldConflict } from '../../conflicts.ts';
import { toRecordId } from '../identity.ts';
import type { Parents, RemoteRecord } from '../../../connectors/contract/destination.ts';
import {
  updateRecord,
  listFields,
  createRecord,
  ExistingRecord,
  pickMissingParents,
  maxRounds,
  setRemoteId,
  unstableRecord,
  type Delivery,
} from './delivery.ts';
import { applyKept, toBaseKey, toInitialBase, mergeRecord, type Base } from './fields.ts';

export interface OpportunityResult {
  base: Base;
  conflicts: FieldConflict[];
  messages: string[];
}

/**
 * Brings the opportunity of a lead into line, once its score is worth one. One that is won or lost
 * is left as it is.
 */
export async function ensureOpportunity(
  delivery: Delivery,
  parents: Parents,
): Promise<OpportunityResult> {
  const id = toRecordId(delivery.push.connectionId, 'opportunity', delivery.values);
  if (id === null || delivery.plan.tables.opportunity === undefined)
    return { base: pickOpportunityBase(delivery), conflicts: [], messages: [] };
  delivery.auditLog.step = 'opportunity';
  // Of a lead that was made just now nothing can have come yet.
  const remoteLeadId = delivery.progress.made['lead'] === undefined ? parents.lead : undefined;
  const existing = new ExistingRecord(delivery, 'opportunity');
  for (let round = 0; round < maxRounds; round += 1) {
    const record = await findOpportunity(
      delivery,
      existing.isPossible ? id : undefined,
      remoteLeadId,
    );
    if (record === 'deleted') return toDeletedResult(delivery);
    if (record === null) {
      const written = await createRecord(delivery, 'opportunity', id, parents);
      if (written.kind === 'done')
        return {
          base: applyKept(delivery, 'opportunity', toInitialBase(delivery, 'opportunity'), written),
          conflicts: [],
          messages: [],
        };
      existing.note(written);
      continue;
    }
    setRemoteId(delivery.progress, 'opportunity', record.id);
    if (!record.isOpen)
      return {
        base: pickOpportunityBase(delivery),
        conflicts: [],
        messages: [`The opportunity is ${record.status} in ${delivery.label} and stays as it is.`],
      };
    const { send, conflicts, base } = mergeRecord(delivery, 'opportunity', record);
    const links = pickMissingParents(record, parents);
    const isSame = Object.keys(send).length === 0 && Object.keys(links).length === 0;
    if (isSame) return { base, conflicts, messages: [] };
    const written = await updateRecord(delivery, 'opportunity', record, send, links);
    if (written.kind === 'done')
      return { base: applyKept(delivery, 'opportunity', base, written), conflicts, messages: [] };
  }
  throw unstableRecord(delivery, 'opportunity');
}

/**
 * The one that we know, the one that we would make, or the one that came of the lead there when
 * somebody qualified it.
 */
async function findOpportunity(
  delivery: Delivery,
  ownId: string | undefined,
  remoteLeadId: string | undefined,
): Promise<RemoteRecord | 'deleted' | null> {
  const { tables, progress } = delivery;
  const fields = listFields(delivery, 'opportunity');
  const known = progress.remoteIds['opportunity'];
  if (known !== undefined) {
    const record = await tables.read('opportunity', known, fields);
    return record ?? (Object.keys(pickOpportunityBase(delivery)).length > 0 ? 'deleted' : null);
  }
  const own = ownId === undefined ? null : await tables.read('opportunity', ownId, fields);
  if (own !== null || remoteLeadId === undefined) return own;
  const [other] = await tables.search('opportunity', { by: 'lead', remoteLeadId }, fields);
  return other ?? null;
}

function toDeletedResult(delivery: Delivery): OpportunityResult {
  const conflict = {
    field: toBaseKey('opportunity', '@record'),
    ours: 'open',
    theirs: 'deleted',
    base: undefined,
  };
  return {
    base: pickOpportunityBase(delivery),
    conflicts: [conflict],
    messages: [
      `The opportunity was deleted in ${delivery.label}. Decide whether it is to be made again.`,
    ],
  };
}

function pickOpportunityBase({ push }: Delivery): Base {
  return Object.fromEntries(
    Object.entries(push.base ?? {}).filter(([key]) => key.startsWith(toBaseKey('opportunity', ''))),
  );
}
