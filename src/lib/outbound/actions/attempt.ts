import { and, eq, lt, lte, or, sql } from 'drizzle-orm';
import { withConnection } from '../../connections/session.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import type {
  ActionDefinition,
  Addition,
  WriteContext,
} from '../../connectors/contract/actions.ts';
import { findAction } from '../../connectors/registry.ts';
import { FencedError } from '../../platform/lease.ts';
import { AuditLog } from '../audit-log.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { writeBacks } from '../../schema/write-backs.ts';
import {
  deliver,
  deliverAddition,
  mayHaveArrived,
  type DeliveredChange,
  type RequestedChange,
} from './deliver.ts';
import { planNextAttempt } from './plan.ts';
import {
  finishAttempt,
  lostAfterMs,
  markDeparture,
  whereWriteBack,
  type Finish,
  type WriteBackRow,
} from './store.ts';

/** How an attempt ended, or `sent` when another process makes one at the moment. */
export type AttemptEnd =
  Finish | { outcome: 'sent'; lookAgainAt: Date } | { outcome: 'nothing'; message: null };

/**
 * Makes the next attempt at a stored change, if it is due. Only one process makes it, because
 * claiming the row and counting the attempt are one statement. What the source answers ends in the
 * row; `finishAttempt` queues the job for an attempt that follows. Throws what is not a failure of
 * the source.
 */
export async function attemptWriteBack(
  tenantId: string,
  id: string,
  signal?: AbortSignal,
): Promise<AttemptEnd> {
  const row = await claim(tenantId, id);
  if (row === undefined) return findOtherAttempt(tenantId, id);
  const finish = await attemptWhileOurs(row, signal);
  if (finish === undefined) return findOtherAttempt(tenantId, id);
  if (finish.outcome === 'done')
    log.info(
      { event: 'write_back.done', tenantId, connectionId: row.connectionId, stream: row.stream },
      'A record was changed at its source',
    );
  return finish;
}

async function claim(tenantId: string, id: string): Promise<WriteBackRow | undefined> {
  const isDue = and(eq(writeBacks.outcome, 'waiting'), lte(writeBacks.nextAttemptAt, sql`now()`));
  const isLost = and(
    eq(writeBacks.outcome, 'sent'),
    lt(writeBacks.attemptedAt, sql`now() - make_interval(secs => ${lostAfterMs / 1000})`),
  );
  return withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .update(writeBacks)
      .set({
        outcome: 'sent',
        attempts: sql`${writeBacks.attempts} + 1`,
        attemptedAt: sql`now()`,
        nextAttemptAt: null,
      })
      .where(and(whereWriteBack({ tenantId, id }), or(isDue, isLost)))
      .returning();
    return row;
  });
}

async function findOtherAttempt(tenantId: string, id: string): Promise<AttemptEnd> {
  const [row] = await withTenant(tenantId, (tx) =>
    tx.select().from(writeBacks).where(whereWriteBack({ tenantId, id })),
  );
  return row?.outcome === 'sent' && row.attemptedAt !== null
    ? { outcome: 'sent', lookAgainAt: new Date(row.attemptedAt.getTime() + lostAfterMs + 1000) }
    : { outcome: 'nothing', message: null };
}

/** Undefined when another process took the action over in the meantime. */
async function attemptWhileOurs(
  row: WriteBackRow,
  signal: AbortSignal | undefined,
): Promise<Finish | undefined> {
  try {
    const finish = await makeAttempt(row, signal);
    await finishAttempt(row, finish);
    return finish;
  } catch (error) {
    if (error instanceof FencedError) return undefined;
    throw error;
  }
}

async function makeAttempt(row: WriteBackRow, signal: AbortSignal | undefined): Promise<Finish> {
  const { tenantId, connectionId } = row;
  const options = { retry: { retries: 0 }, ...(signal && { signal }) };
  return withConnection(
    { tenantId, connectionId },
    options,
    async ({ http, settings, secrets, provider }) => {
      const action = findAction(provider, row.stream, row.action);
      if (action === undefined)
        throw new Error(`${provider.key} has no action ${row.action} of ${row.stream}.`);
      const trip: Trip = { departed: false };
      const auditLog = new AuditLog({
        provider: provider.key,
        store: async () => {
          await markDeparture(row);
          trip.departed = true;
        },
        maxSends: 1,
        retryMs: 0,
      });
      const context = { http: auditLog.wrapClient(http), settings, secrets };
      return act(action, context, row).then(
        (end) => toFinish(end, auditLog, provider.label),
        (error: unknown) => toFailure(row, error, { action, trip, label: provider.label }),
      );
    },
  );
}

/** Whether this attempt has sent a write. */
interface Trip {
  departed: boolean;
}

type ActionEnd = DeliveredChange | { kind: 'unknown' };

function act(
  action: ActionDefinition,
  context: WriteContext<unknown>,
  row: WriteBackRow,
): Promise<ActionEnd> {
  return action.kind === 'change'
    ? deliver(action, context, toChange(row))
    : deliverAddition(action, context, toAddition(row), row.departedAt !== null);
}

function toChange({
  externalId,
  wanted,
  before,
  seen,
  seenTag,
  foundTag,
}: WriteBackRow): RequestedChange {
  return {
    externalId,
    wanted,
    seen: { ...seen, ...before },
    seenTag,
    // The source refused this version although it was the current one, and a person said go on.
    ignoresTags: seenTag !== null && seenTag === foundTag,
  };
}

const toAddition = ({ id, externalId, wanted, requestedAt }: WriteBackRow): Addition => ({
  id,
  externalId,
  values: Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  ),
  requestedAt,
});

const alreadyThere = 'The source already had the new values when it was looked at.';

function toFinish(end: ActionEnd, auditLog: AuditLog, label: string): Finish {
  const last = auditLog.drainEvents().findLast(({ method }) => method !== 'GET');
  const answer = { status: last?.status ?? null, response: last?.response ?? null };
  if (end.kind === 'unknown') return toUnknown(label);
  if (end.kind === 'conflict') {
    const { state, facts, tag } = end.found;
    return {
      outcome: 'conflict',
      ...answer,
      found: { ...facts, ...state },
      foundTag: tag,
      ...(end.refusedTag !== null && { seenTag: end.refusedTag }),
      message: 'The record is not what was shown here any more. Nothing was written.',
    };
  }
  return { outcome: 'done', ...answer, message: end.response === null ? alreadyThere : null };
}

const toUnknown = (label: string, status: number | null = null): Finish => ({
  outcome: 'unknown',
  status,
  message:
    `It was sent, but ${label} did not confirm it, and it cannot be found out from here whether ` +
    `it arrived. Check there before you send it again.`,
});

function toFailure(
  row: WriteBackRow,
  error: unknown,
  { action, trip, label }: { action: ActionDefinition; trip: Trip; label: string },
): Finish {
  if (!(error instanceof RemoteError)) throw error;
  const status = error.status ?? null;
  const plan = planNextAttempt(error, row, label, new Date());
  const isInDoubt =
    action.kind === 'add' && (trip.departed ? mayHaveArrived(error) : row.departedAt !== null);
  if (isInDoubt && (plan.kind !== 'waiting' || action.find === undefined))
    return toUnknown(label, status);
  if (plan.kind === 'waiting')
    return {
      outcome: 'waiting',
      status,
      nextAttemptAt: plan.at,
      message: plan.message,
      mayHaveArrived: isInDoubt,
    };
  return { outcome: plan.kind, status, message: safeMessage(plan.message) };
}
