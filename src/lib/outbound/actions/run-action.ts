import { and, eq, sql } from 'drizzle-orm';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { newId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import type { WriteBack, WriteContext } from '../../connectors/contract/actions.ts';
import { AuditLog } from '../audit-log.ts';
import { maskBody } from '../audit-mask.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { deliver, type ActionResult, type RequestedChange } from './deliver.ts';
import { writeBacks } from '../../schema/write-backs.ts';

/** The record that is changed. */
export interface RecordRef {
  tenantId: string;
  connectionId: string;
  stream: string;
  externalId: string;
  provider: Pick<ProviderDefinition, 'key' | 'label'>;
}

/** Nothing is sent twice: reading the record shows whether a change arrived (`deliver`). */
const maxSends = 1;

/**
 * Sends one change and records it in the audit log. It is stored before it is sent, so that a
 * change with an unknown outcome is visible. Throws Problem.
 */
export async function runAction(
  record: RecordRef,
  writeBack: WriteBack,
  { http, settings }: WriteContext<unknown>,
  change: RequestedChange,
  by: string | null,
): Promise<void> {
  const { tenantId, connectionId, stream, provider } = record;
  const id = await storeRequest(record, writeBack, change, by);
  const auditLog = new AuditLog({
    provider: provider.key,
    store: () => Promise.resolve(),
    maxSends,
    retryMs: 0,
  });
  try {
    const delivered = await deliver(
      writeBack,
      { http: auditLog.wrapClient(http), settings },
      change,
    );
    await finishAction(record, id, { outcome: 'done', ...toResult(delivered, auditLog) });
    log.info(
      { event: 'write_back.done', tenantId, connectionId, stream },
      'A record was changed at its source',
    );
  } catch (error) {
    const problem = toProblem(error, provider.label);
    const status = error instanceof RemoteError ? (error.status ?? null) : null;
    await finishAction(record, id, {
      outcome: problem?.code === 'unavailable' || problem === undefined ? 'failed' : 'refused',
      status,
      message: safeMessage(problem ?? error),
    });
    throw problem ?? error;
  }
}

async function storeRequest(
  { tenantId, connectionId, stream, externalId }: RecordRef,
  writeBack: WriteBack,
  { from, wanted }: RequestedChange,
  requestedBy: string | null,
): Promise<string> {
  const id = newId();
  const request = maskBody(writeBack.body(wanted));
  const record = { tenantId, id, connectionId, stream, externalId };
  await withTenant(tenantId, (tx) =>
    tx.insert(writeBacks).values({ ...record, requestedBy, before: from.state, wanted, request }),
  );
  return id;
}

/** Stores the outcome and requests a sync, so that pages soon show what the source says. */
async function finishAction(
  { tenantId, connectionId }: RecordRef,
  id: string,
  end: Partial<typeof writeBacks.$inferInsert>,
): Promise<void> {
  const mustEnqueue = await withTenant(tenantId, async (tx) => {
    await tx
      .update(writeBacks)
      .set({ ...end, finishedAt: sql`now()` })
      .where(and(eq(writeBacks.tenantId, tenantId), eq(writeBacks.id, id)));
    return requestSync(tx, tenantId, connectionId);
  });
  if (mustEnqueue) await enqueueSync(tenantId, connectionId, null);
}

function toResult({ response }: ActionResult, auditLog: AuditLog) {
  if (response === null)
    return { message: 'The response was lost, but the record has the new values.' };
  const last = auditLog.drainEvents().at(-1);
  return { status: last?.status, response: last?.response };
}

function toProblem(error: unknown, label: string): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof RemoteError)) return undefined;
  const isUnreachable = error.kind === 'transient' || error.kind === 'rate_limited';
  const what = isUnreachable
    ? `${label} could not be reached to change it.`
    : error.kind === 'gone'
      ? `${label} no longer has it.`
      : `${label} did not change it.`;
  return new Problem(isUnreachable ? 'unavailable' : 'conflict', `${what} ${error.message}`);
}
