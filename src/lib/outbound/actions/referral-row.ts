import { and, eq, isNull } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { referrals } from '../../schema/referrals.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { findAction, getProvider } from '../../connectors/registry.ts';
import type { ChangeAction, RecordState } from '../../connectors/contract/actions.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { selectWriteBacks, type ActionRef, type WriteBackRow } from './store.ts';

/** A referral as it is stored here, with the changes that were made to it from here. */
export interface StoredReferral {
  ref: ActionRef;
  /** Undefined when its provider takes no changes. */
  action: ChangeAction | undefined;
  /** The state as it was read last, or written since. */
  state: RecordState;
  /** The other fields that pages show, by the names of our record. */
  facts: RecordState;
  last: WriteBackRow | undefined;
}

/** Throws Problem `not_found`. */
export async function readReferral(tenantId: string, referralId: string): Promise<StoredReferral> {
  const read = isId(referralId)
    ? await readTenant(tenantId, (tx) => readRow(tx, tenantId, referralId))
    : undefined;
  if (read === undefined)
    throw new Problem(
      'not_found',
      'There is no such referral. It may have been deleted at its source.',
    );
  const { row, last, lastDone } = read;
  const { connectionId, stream, externalId, provider } = row;
  const action = findAction(getProvider(provider), stream, 'status');
  // A change that was written here counts until the source is read again.
  const written =
    lastDone !== undefined && (lastDone.finishedAt ?? new Date(0)) > row.changedAt
      ? lastDone.wanted
      : undefined;
  return {
    ref: { tenantId, connectionId, stream, externalId, action: 'status' },
    action: action?.kind === 'change' ? action : undefined,
    state: written ?? { status: row.status, substatus: row.substatus },
    facts: {
      name: row.name,
      companyName: row.companyName,
      direction: row.direction,
      dealValue: row.dealValue,
      currency: row.currency,
    },
    last,
  };
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
      name: referrals.name,
      companyName: referrals.companyName,
      direction: referrals.direction,
      dealValue: referrals.dealValue,
      currency: referrals.currency,
      status: referrals.status,
      substatus: referrals.substatus,
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
  return { row, ...(await selectWriteBacks(tx, { tenantId, ...row, action: 'status' })) };
}
