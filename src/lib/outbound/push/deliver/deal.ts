import { type FieldConflict } from '../../conflicts.ts';
import type { Parents, RemoteRecord } from '../../../connectors/contract/destination.ts';
import {
  updateRecord,
  listFields,
  createRecord,
  ExistingRecord,
  pickMissingParents,
  readOwnRecord,
  maxRounds,
  nameOf,
  setRemoteId,
  unstableRecord,
  type Delivery,
} from './delivery.ts';
import { applyKept, toBaseKey, toInitialBase, mergeRecord, type Base } from './fields.ts';

export interface DealResult {
  base: Base;
  conflicts: FieldConflict[];
  messages: string[];
}

/**
 * Brings the deal of a lead into line, once its score is worth one. One that is won or lost
 * is left as it is.
 */
export async function ensureDeal(delivery: Delivery, parents: Parents): Promise<DealResult> {
  const key = delivery.toKey('deal');
  if (key === null || delivery.plan.records.deal === undefined)
    return { base: pickDealBase(delivery), conflicts: [], messages: [] };
  delivery.auditLog.step = 'deal';
  // Of a lead that was made just now nothing can have come yet.
  const remoteLeadId = delivery.progress.made['lead'] === undefined ? parents.lead : undefined;
  const existing = new ExistingRecord(delivery, 'deal');
  for (let round = 0; round < maxRounds; round += 1) {
    const record = await findDeal(delivery, existing.isPossible ? key : undefined, remoteLeadId);
    if (record === 'deleted') return toDeletedResult(delivery);
    if (record === null) {
      const written = await createRecord(delivery, 'deal', key, parents);
      if (written.kind === 'done')
        return {
          base: applyKept(delivery, 'deal', toInitialBase(delivery, 'deal'), written),
          conflicts: [],
          messages: [],
        };
      existing.note(written);
      continue;
    }
    setRemoteId(delivery.progress, 'deal', record.id);
    if (record.standing !== 'open')
      return {
        base: pickDealBase(delivery),
        conflicts: [],
        messages: [
          `The ${nameOf(delivery, 'deal')} is ${record.status} in ${delivery.label} and stays as it is.`,
        ],
      };
    const { send, conflicts, base } = mergeRecord(delivery, 'deal', record);
    const links = pickMissingParents(record, parents);
    const isSame = Object.keys(send).length === 0 && Object.keys(links).length === 0;
    if (isSame) return { base, conflicts, messages: [] };
    const written = await updateRecord(delivery, 'deal', record, send, links);
    if (written.kind === 'done')
      return { base: applyKept(delivery, 'deal', base, written), conflicts, messages: [] };
  }
  throw unstableRecord(delivery, 'deal');
}

/**
 * The one that we know, the one that we would make, or the one that came of the lead there when
 * somebody qualified it.
 */
async function findDeal(
  delivery: Delivery,
  ownKey: string | undefined,
  remoteLeadId: string | undefined,
): Promise<RemoteRecord | 'deleted' | null> {
  const { objects, progress } = delivery;
  const fields = listFields(delivery, 'deal');
  const known = progress.remoteIds['deal'];
  if (known !== undefined) {
    const record = await objects.read('deal', known, fields);
    return record ?? (Object.keys(pickDealBase(delivery)).length > 0 ? 'deleted' : null);
  }
  const own = ownKey === undefined ? null : await readOwnRecord(delivery, 'deal', ownKey);
  if (own !== null || remoteLeadId === undefined) return own;
  const [other] = await objects.search('deal', { by: 'lead', remoteLeadId }, fields);
  return other ?? null;
}

function toDeletedResult(delivery: Delivery): DealResult {
  const conflict = {
    field: toBaseKey('deal', '@record'),
    ours: 'open',
    theirs: 'deleted',
    base: undefined,
  };
  return {
    base: pickDealBase(delivery),
    conflicts: [conflict],
    messages: [
      `The ${nameOf(delivery, 'deal')} was deleted in ${delivery.label}. Decide whether it is to be ` +
        'made again.',
    ],
  };
}

function pickDealBase({ push }: Delivery): Base {
  return Object.fromEntries(
    Object.entries(push.base ?? {}).filter(([key]) => key.startsWith(toBaseKey('deal', ''))),
  );
}
