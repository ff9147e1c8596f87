import { RemoteError } from '../../../platform/http/errors.ts';
import { wholeLead, type FieldConflict } from '../../conflicts.ts';
import { recordId } from '../identity.ts';
import type { Parents, RemoteRecord, Written } from '../../../connectors/contract/destination.ts';
import {
  change,
  make,
  mayHaveMade,
  missingParents,
  mostRounds,
  noteRecord,
  unsettled,
  type Delivery,
} from './delivery.ts';
import { asKept, baseOfNew, mergeRecord, type Base } from './fields.ts';
import { findLead } from './find-lead.ts';

/** Where the lead stands after its step. */
export interface LeadEnd {
  base: Base;
  conflicts: FieldConflict[];
  /** How the record stands there; null when there is none. */
  status: string | null;
  /** In plain words, when there is something to say. */
  words: string[];
}

/**
 * Brings the lead there into line with ours: makes it, changes it, or says what a person has to
 * decide.
 */
export async function ensureLead(delivery: Delivery, parents: Parents): Promise<LeadEnd> {
  const ownId =
    recordId(delivery.held.connectionId, 'lead', delivery.values) ?? delivery.held.leadId;
  delivery.auditLog.step = 'lead';
  for (
    let round = 0, refusedAsDuplicate = false, exists = mayHaveMade(delivery);
    round < mostRounds;
    round += 1
  ) {
    const found = await findLead(delivery, exists ? ownId : undefined);
    if (found.kind === 'deleted' || found.kind === 'foreign') return lost(delivery, found.kind);
    if (found.kind === 'none') {
      if (refusedAsDuplicate && found.others === 0) return duplicate(delivery);
      // Those that look like it are other leads of ours: that they are alike is known, and no
      // reason to refuse it.
      const written = await makeLead(delivery, ownId, parents, found.others === 0);
      if (written.kind === 'done')
        return {
          base: asKept(delivery, 'lead', baseOfNew(delivery, 'lead'), written),
          conflicts: [],
          status: 'open',
          words: [],
        };
      refusedAsDuplicate = written.kind === 'duplicate';
      exists ||= written.kind === 'exists';
      continue;
    }
    noteRecord(delivery.progress, 'lead', found.record.id);
    const end = found.record.isOpen
      ? await update(delivery, found.record, parents)
      : closed(delivery, found.record);
    if (end !== undefined) return end;
  }
  throw unsettled(delivery, 'lead');
}

/**
 * Makes it under an id that is noted before the request leaves: another lead that looks alike and
 * finds the record, while nobody knows yet whether it was made, sees whose it is. Only where it
 * certainly was not made the note is taken back.
 */
async function makeLead(
  delivery: Delivery,
  ownId: string,
  parents: Parents,
  detect: boolean,
): Promise<Written> {
  const { progress } = delivery;
  progress.remoteId = ownId;
  try {
    const written = await make(delivery, 'lead', ownId, parents, detect);
    if (written.kind !== 'done') progress.remoteId = null;
    return written;
  } catch (error) {
    if (error instanceof RemoteError && !['transient', 'rate_limited'].includes(error.kind))
      progress.remoteId = null;
    throw error;
  }
}

/** Undefined when it has changed meanwhile: then it is read and merged again. */
async function update(
  delivery: Delivery,
  record: RemoteRecord,
  parents: Parents,
): Promise<LeadEnd | undefined> {
  const { send, conflicts, taken, base } = mergeRecord(delivery, 'lead', record);
  const links = missingParents(record, parents);
  if (Object.keys(send).length > 0 || Object.keys(links).length > 0) {
    const written = await change(delivery, 'lead', record, send, links);
    if (written.kind !== 'done') return undefined;
    Object.assign(base, asKept(delivery, 'lead', base, written));
  }
  return {
    base,
    conflicts,
    status: record.status,
    words: taken.length === 0 ? [] : [`Kept as ${delivery.label} has it: ${taken.join(', ')}.`],
  };
}

/**
 * Closed leads are read-only there. One that was qualified lives on as its opportunity; one that
 * was lost while ours goes on is for a person to decide.
 */
function closed(delivery: Delivery, record: RemoteRecord): LeadEnd {
  const { send, base } = mergeRecord(delivery, 'lead', record);
  const unsent = Object.keys(send);
  const kept: Base = Object.fromEntries(
    Object.entries(base).filter(([name]) => !unsent.includes(name)),
  );
  const words = [
    `The lead is ${record.status} in ${delivery.label} and cannot be changed there any more.`,
  ];
  if (record.status === 'qualified')
    return {
      base: { ...delivery.held.base, ...kept },
      conflicts: [],
      status: record.status,
      words: [...words, 'Its opportunity is kept up to date.'],
    };
  const conflicts =
    unsent.length === 0
      ? []
      : [{ field: wholeLead, ours: 'open', theirs: record.status, base: undefined }];
  return { base: { ...delivery.held.base, ...kept }, conflicts, status: record.status, words };
}

function lost(delivery: Delivery, kind: 'deleted' | 'foreign'): LeadEnd {
  const theirs = kind === 'deleted' ? 'deleted' : 'belongs to another lead';
  const words =
    kind === 'deleted'
      ? `The lead was deleted in ${delivery.label}.`
      : `The lead in ${delivery.label} says now that it belongs to another lead of this workspace.`;
  return {
    base: delivery.held.base ?? {},
    conflicts: [{ field: wholeLead, ours: 'open', theirs, base: undefined }],
    status: null,
    words: [`${words} Decide whether it is to be made again.`],
  };
}

function duplicate(delivery: Delivery): LeadEnd {
  const words = `${delivery.label} takes another record for the same lead, which cannot be found by its e-mail address or domain. Merge them there, or change its duplicate detection rules; then push again.`;
  return {
    base: delivery.held.base ?? {},
    conflicts: [
      { field: wholeLead, ours: 'open', theirs: 'taken for a duplicate', base: undefined },
    ],
    status: null,
    words: [words],
  };
}
