import { RemoteError } from '../../../platform/http/errors.ts';
import { wholeRecordField, type FieldConflict } from '../../conflicts.ts';
import type {
  Parents,
  RecordStanding,
  RemoteRecord,
  WriteResult,
} from '../../../connectors/contract/destination.ts';
import {
  updateRecord,
  createRecord,
  ExistingRecord,
  pickMissingParents,
  maxRounds,
  nameOf,
  setRemoteId,
  unstableRecord,
  type Delivery,
} from './delivery.ts';
import { applyKept, toInitialBase, mergeRecord, type Base } from './fields.ts';
import { findLead } from './find-lead.ts';

/** Where the lead stands after its step. */
export interface LeadResult {
  base: Base;
  conflicts: FieldConflict[];
  /** Where the record stands; null when there is none. */
  standing: RecordStanding | null;
  /** In plain words, when there is something to say. */
  messages: string[];
}

/**
 * Brings the lead there into line with ours: makes it, changes it, or says what a person has to
 * decide.
 */
export async function ensureLead(delivery: Delivery, parents: Parents): Promise<LeadResult> {
  const ownKey = delivery.toKey('lead') ?? delivery.push.leadId;
  delivery.auditLog.step = 'lead';
  const existing = new ExistingRecord(delivery, 'lead');
  for (let round = 0, refusedAsDuplicate = false; round < maxRounds; round += 1) {
    const found = await findLead(delivery, existing.isPossible ? ownKey : undefined);
    if (found.kind === 'deleted' || found.kind === 'foreign')
      return toLostResult(delivery, found.kind);
    if (found.kind === 'none') {
      if (refusedAsDuplicate && found.others === 0) return toDuplicateResult(delivery);
      // Those that look like it are other leads of ours: that they are alike is known, and no
      // reason to refuse it.
      const written = await createLead(delivery, ownKey, parents, found.others === 0);
      if (written.kind === 'done')
        return {
          base: applyKept(delivery, 'lead', toInitialBase(delivery, 'lead'), written),
          conflicts: [],
          standing: 'open',
          messages: [],
        };
      refusedAsDuplicate = written.kind === 'duplicate';
      // Refused although it was known to be alike: by a rule that nothing bypasses.
      if (refusedAsDuplicate && found.others > 0) return toDuplicateResult(delivery);
      existing.note(written);
      continue;
    }
    setRemoteId(delivery.progress, 'lead', found.record.id);
    const end =
      found.record.standing === 'open'
        ? await updateLead(delivery, found.record, parents)
        : toClosedResult(delivery, found.record);
    if (end !== undefined) return end;
  }
  throw unstableRecord(delivery, 'lead');
}

/**
 * Makes it. Where its id is known beforehand, it is noted before the request leaves: another lead
 * that looks alike and finds the record, while nobody knows yet whether it was made, sees whose it
 * is. Only where it certainly was not made the note is taken back.
 */
async function createLead(
  delivery: Delivery,
  ownKey: string,
  parents: Parents,
  detect: boolean,
): Promise<WriteResult> {
  const { progress } = delivery;
  progress.remoteId = delivery.objects.toId('lead', ownKey);
  try {
    const written = await createRecord(delivery, 'lead', ownKey, parents, detect);
    if (written.kind !== 'done') progress.remoteId = null;
    return written;
  } catch (error) {
    if (error instanceof RemoteError && !['transient', 'rate_limited'].includes(error.kind))
      progress.remoteId = null;
    throw error;
  }
}

/** Undefined when it has changed meanwhile: then it is read and merged again. */
async function updateLead(
  delivery: Delivery,
  record: RemoteRecord,
  parents: Parents,
): Promise<LeadResult | undefined> {
  const { send, conflicts, taken, base } = mergeRecord(delivery, 'lead', record);
  const links = pickMissingParents(record, parents);
  if (Object.keys(send).length > 0 || Object.keys(links).length > 0) {
    const written = await updateRecord(delivery, 'lead', record, send, links);
    if (written.kind !== 'done') return undefined;
    Object.assign(base, applyKept(delivery, 'lead', base, written));
  }
  return {
    base,
    conflicts,
    standing: record.standing,
    messages: taken.length === 0 ? [] : [`Kept as ${delivery.label} has it: ${taken.join(', ')}.`],
  };
}

/**
 * Closed leads are read-only there. One that was converted lives on as its deal; one that was lost
 * while ours goes on is for a person to decide.
 */
function toClosedResult(delivery: Delivery, record: RemoteRecord): LeadResult {
  const { send, base } = mergeRecord(delivery, 'lead', record);
  const unsent = Object.keys(send);
  const kept: Base = Object.fromEntries(
    Object.entries(base).filter(([name]) => !unsent.includes(name)),
  );
  const messages = [
    `The lead is ${record.status} in ${delivery.label} and cannot be changed there any more.`,
  ];
  const { standing } = record;
  if (standing === 'converted')
    return {
      base: { ...delivery.push.base, ...kept },
      conflicts: [],
      standing,
      messages:
        delivery.metadata.objects.deal === undefined
          ? messages
          : [...messages, `Its ${nameOf(delivery, 'deal')} is kept up to date.`],
    };
  const conflicts =
    unsent.length === 0
      ? []
      : [{ field: wholeRecordField, ours: 'open', theirs: record.status, base: undefined }];
  return { base: { ...delivery.push.base, ...kept }, conflicts, standing, messages };
}

function toLostResult(delivery: Delivery, kind: 'deleted' | 'foreign'): LeadResult {
  const theirs = kind === 'deleted' ? 'deleted' : 'belongs to another lead';
  const messages =
    kind === 'deleted'
      ? `The lead was deleted in ${delivery.label}.`
      : `The lead in ${delivery.label} says now that it belongs to another lead of this workspace.`;
  return {
    base: delivery.push.base ?? {},
    conflicts: [{ field: wholeRecordField, ours: 'open', theirs, base: undefined }],
    standing: null,
    messages: [`${messages} Decide whether it is to be made again.`],
  };
}

function toDuplicateResult(delivery: Delivery): LeadResult {
  const messages =
    `${delivery.label} takes another record for the same lead, which cannot be ` +
    'found by its e-mail address or domain. Merge them there, or change its duplicate detection ' +
    'rules; then push again.';
  return {
    base: delivery.push.base ?? {},
    conflicts: [
      { field: wholeRecordField, ours: 'open', theirs: 'taken for a duplicate', base: undefined },
    ],
    standing: null,
    messages: [messages],
  };
}
