import { type FieldConflict } from '../../conflicts.ts';
import { recordId } from '../identity.ts';
import type { Parents, RemoteRecord } from '../../../connectors/contract/destination.ts';
import {
  change,
  fieldsOf,
  make,
  mayHaveMade,
  missingParents,
  mostRounds,
  noteRecord,
  unsettled,
  type Delivery,
} from './delivery.ts';
import { asKept, baseKey, baseOfNew, mergeRecord, type Base } from './fields.ts';

export interface OpportunityEnd {
  base: Base;
  conflicts: FieldConflict[];
  words: string[];
}

/**
 * Brings the opportunity of a lead into line, once its score is worth one. One that is won or lost
 * is left as it is.
 */
export async function ensureOpportunity(
  delivery: Delivery,
  parents: Parents,
): Promise<OpportunityEnd> {
  const id = recordId(delivery.held.connectionId, 'opportunity', delivery.values);
  if (id === null || delivery.plan.tables.opportunity === undefined)
    return { base: keptBase(delivery), conflicts: [], words: [] };
  delivery.auditLog.step = 'opportunity';
  // Of a lead that was made just now nothing can have come yet.
  const remoteLeadId = delivery.progress.made['lead'] === undefined ? parents.lead : undefined;
  for (let round = 0, exists = mayHaveMade(delivery); round < mostRounds; round += 1) {
    const record = await findOpportunity(delivery, exists ? id : undefined, remoteLeadId);
    if (record === 'deleted') return deleted(delivery);
    if (record === null) {
      const written = await make(delivery, 'opportunity', id, parents);
      if (written.kind === 'done')
        return {
          base: asKept(delivery, 'opportunity', baseOfNew(delivery, 'opportunity'), written),
          conflicts: [],
          words: [],
        };
      exists ||= written.kind === 'exists';
      continue;
    }
    noteRecord(delivery.progress, 'opportunity', record.id);
    if (!record.isOpen)
      return {
        base: keptBase(delivery),
        conflicts: [],
        words: [`The opportunity is ${record.status} in ${delivery.label} and stays as it is.`],
      };
    const { send, conflicts, base } = mergeRecord(delivery, 'opportunity', record);
    const links = missingParents(record, parents);
    const isSame = Object.keys(send).length === 0 && Object.keys(links).length === 0;
    if (isSame) return { base, conflicts, words: [] };
    const written = await change(delivery, 'opportunity', record, send, links);
    if (written.kind === 'done')
      return { base: asKept(delivery, 'opportunity', base, written), conflicts, words: [] };
  }
  throw unsettled(delivery, 'opportunity');
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
  const fields = fieldsOf(delivery, 'opportunity');
  const known = progress.remoteIds['opportunity'];
  if (known !== undefined) {
    const record = await tables.read('opportunity', known, fields);
    return record ?? (Object.keys(keptBase(delivery)).length > 0 ? 'deleted' : null);
  }
  const own = ownId === undefined ? null : await tables.read('opportunity', ownId, fields);
  if (own !== null || remoteLeadId === undefined) return own;
  const [other] = await tables.search('opportunity', { by: 'lead', remoteLeadId }, fields);
  return other ?? null;
}

function deleted(delivery: Delivery): OpportunityEnd {
  const conflict = {
    field: baseKey('opportunity', '@record'),
    ours: 'open',
    theirs: 'deleted',
    base: undefined,
  };
  return {
    base: keptBase(delivery),
    conflicts: [conflict],
    words: [
      `The opportunity was deleted in ${delivery.label}. Decide whether it is to be made again.`,
    ],
  };
}

function keptBase({ held }: Delivery): Base {
  return Object.fromEntries(
    Object.entries(held.base ?? {}).filter(([key]) => key.startsWith(baseKey('opportunity', ''))),
  );
}
