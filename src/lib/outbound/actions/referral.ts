import { and, desc, eq, isNull } from 'drizzle-orm';
import { withConnection } from '../../connections/session.ts';
import { connections } from '../../schema/connections.ts';
import { referrals } from '../../schema/referrals.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { providers } from '../../connectors/registry.ts';
import type { RecordState, WriteBack } from '../../connectors/contract/actions.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { isSameState, formatState } from './deliver.ts';
import { writeBacks } from '../../schema/write-backs.ts';
import { runAction } from './run-action.ts';

/** A state of a referral: `New`, `Active` or `Closed`, and what it says more exactly. */
export interface ReferralState {
  status: string;
  substatus: string;
}

/** The states that a person may give a referral, and the change that was requested last. */
export interface ReferralChanges {
  /** The state as it was read last, or written since. */
  state: { status: string; substatus: string | null };
  next: ReferralState[];
  /** The newest change that was requested here. */
  last: {
    wanted: RecordState;
    outcome: 'sent' | 'done' | 'refused' | 'failed';
    at: Date;
    message: string | null;
  } | null;
}

/** The states that a referral may change to. Throws Problem `not_found`. */
export async function getReferralChanges(
  tenantId: string,
  referralId: string,
): Promise<ReferralChanges> {
  const { found, state, last } = await readReferral(tenantId, referralId);
  const next = (found.writeBack?.next(state) ?? []).map(toReferralState);
  return {
    state: { ...toReferralState(state), substatus: state['substatus'] ?? null },
    next,
    last:
      last === undefined
        ? null
        : {
            wanted: last.wanted,
            outcome: last.outcome,
            at: last.requestedAt,
            message: last.message,
          },
  };
}

/**
 * Changes status and sub-status of a referral at its source, on behalf of a person, and has it read
 * again at once. Returns the state that it has there now. Throws Problem: `bad_request` for a state
 * that is not allowed, `conflict` when it was changed there in the meantime or refused,
 * `unavailable` when the source cannot be reached.
 */
export async function updateReferral(
  tenantId: string,
  referralId: string,
  wanted: ReferralState,
  by: string | null,
): Promise<ReferralState> {
  const { found, state } = await readReferral(tenantId, referralId);
  const { writeBack } = found;
  if (writeBack === undefined)
    throw new Problem('bad_request', 'The source of this referral takes no changes from here.');
  const wantedState: RecordState = { status: wanted.status, substatus: wanted.substatus };
  if (isSameState(state, wantedState)) return wanted;
  const next = writeBack.next(state);
  if (!next.some((allowed) => isSameState(allowed, wantedState)))
    throw notAllowedProblem(state, next);
  const { connectionId, stream, externalId } = found;
  const change = { externalId, wanted: wantedState, from: { state, tag: found.tagOf(state) } };
  await withConnection(
    { tenantId, connectionId },
    { retry: { retries: 0 } },
    ({ http, settings, provider }) =>
      runAction(
        { tenantId, connectionId, stream, externalId, provider },
        writeBack,
        { http, settings },
        change,
        by,
      ),
  );
  return wanted;
}

async function readReferral(tenantId: string, referralId: string) {
  const read = isId(referralId)
    ? await readTenant(tenantId, (tx) => readRow(tx, tenantId, referralId))
    : undefined;
  if (read === undefined)
    throw new Problem(
      'not_found',
      'There is no such referral. It may have been deleted at its source.',
    );
  const { row, last } = read;
  const writeBack = providers.find(({ key }) => key === row.provider)?.writeBack as
    WriteBack | undefined;
  const received: RecordState = { status: row.status, substatus: row.substatus };
  // A change that was written here counts until the source is read again.
  const written =
    last?.outcome === 'done' && last.finishedAt !== null && last.finishedAt > row.changedAt
      ? last.wanted
      : undefined;
  // A tag belongs to the version that was read; for one that was written here none is known.
  const getTag = (state: RecordState) =>
    writeBack === undefined || state === written ? null : readTag(writeBack, row.rawJson);
  return { found: { ...row, writeBack, tagOf: getTag }, state: written ?? received, last };
}

async function readRow(tx: Tx, tenantId: string, referralId: string) {
  const connection = and(
    eq(connections.tenantId, referrals.tenantId),
    eq(connections.id, referrals.connectionId),
  );
  const [row] = await tx
    .select({
      connectionId: referrals.connectionId,
      stream: referrals.stream,
      externalId: referrals.externalId,
      status: referrals.status,
      substatus: referrals.substatus,
      rawJson: referrals.rawJson,
      changedAt: referrals.changedAt,
      provider: connections.provider,
    })
    .from(referrals)
    .innerJoin(connections, connection)
    .where(
      and(
        eq(referrals.tenantId, tenantId),
        eq(referrals.id, referralId),
        isNull(referrals.deletedAt),
      ),
    );
  if (row === undefined) return undefined;
  const whereRecord = and(
    eq(writeBacks.tenantId, tenantId),
    eq(writeBacks.connectionId, row.connectionId),
    eq(writeBacks.stream, row.stream),
    eq(writeBacks.externalId, row.externalId),
  );
  const [last] = await tx
    .select()
    .from(writeBacks)
    .where(whereRecord)
    .orderBy(desc(writeBacks.id))
    .limit(1);
  return { row, last };
}

function readTag(writeBack: WriteBack, item: unknown): string | null {
  try {
    return writeBack.current(item).tag;
  } catch {
    // The received item cannot be read: a person has corrected it here.
    return null;
  }
}

const toReferralState = (state: RecordState): ReferralState => ({
  status: state['status'] ?? '',
  substatus: state['substatus'] ?? '',
});

function notAllowedProblem(state: RecordState, next: RecordState[]): Problem {
  const may =
    next.length === 0
      ? 'It cannot be changed any more.'
      : `It may become ${next.map(formatState).join('; ')}.`;
  return new Problem(
    'bad_request',
    `A referral that is ${formatState(state)} cannot become this. ${may}`,
  );
}
