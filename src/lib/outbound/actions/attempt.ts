import { and, eq, lt, lte, or, sql } from 'drizzle-orm';
import { withConnection } from '../../connections/session.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import type { WriteBack } from '../../connectors/contract/actions.ts';
import { AuditLog } from '../audit-log.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { writeBacks } from '../../schema/write-backs.ts';
import { deliver, type DeliveredChange, type RequestedChange } from './deliver.ts';
import { planNextAttempt } from './plan.ts';
import {
  finishAttempt,
  lostAfterMs,
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
  const finish = await makeAttempt(row, signal);
  await finishAttempt(row, finish);
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

async function makeAttempt(row: WriteBackRow, signal: AbortSignal | undefined): Promise<Finish> {
  const { tenantId, connectionId } = row;
  const options = { retry: { retries: 0 }, ...(signal && { signal }) };
  return withConnection(
    { tenantId, connectionId },
    options,
    async ({ http, settings, provider }) => {
      const writeBack = provider.writeBack as WriteBack | undefined;
      if (writeBack?.stream !== row.stream)
        throw new Error(`${provider.key} takes no changes of ${row.stream}.`);
      const auditLog = new AuditLog({
        provider: provider.key,
        store: () => Promise.resolve(),
        maxSends: 1,
        retryMs: 0,
      });
      const context = { http: auditLog.wrapClient(http), settings };
      return deliver(writeBack, context, toChange(row)).then(
        (end) => toFinish(end, auditLog),
        (error: unknown) => toFailure(row, error, provider.label),
      );
    },
  );
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

const alreadyThere = 'The source already had the new values when it was looked at.';

function toFinish(end: DeliveredChange, auditLog: AuditLog): Finish {
  const last = auditLog.drainEvents().findLast(({ method }) => method !== 'GET');
  const answer = { status: last?.status ?? null, response: last?.response ?? null };
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

function toFailure(row: WriteBackRow, error: unknown, label: string): Finish {
  if (!(error instanceof RemoteError)) throw error;
  const status = error.status ?? null;
  const plan = planNextAttempt(error, row, label, new Date());
  if (plan.kind === 'waiting')
    return { outcome: 'waiting', status, nextAttemptAt: plan.at, message: plan.message };
  return { outcome: plan.kind, status, message: safeMessage(plan.message) };
}
