import { and, eq, sql } from 'drizzle-orm';
import { recordWriteback } from '../../connections/metrics.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { newId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import type { WriteBack, WriteContext } from '../../connectors/contract/actions.ts';
import { mask } from '../../platform/mask.ts';
import { askOutOfTurn } from '../../ingest/request-now.ts';
import { wake } from '../../ingest/request.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { deliver, type Delivered, type Wanted } from './deliver.ts';
import { writeBacks } from '../../schema/write-backs.ts';

/** The record that is changed. */
export interface Target {
  tenantId: string;
  connectionId: string;
  stream: string;
  externalId: string;
  provider: Pick<ProviderDefinition, 'key' | 'label'>;
}

/** Answers beyond this are cut in the trail. */
const mostText = 4_000;

/**
 * Sends one change and keeps its trail: noted before it leaves, so that one whose end is not known
 * can be seen. Throws Problem.
 */
export async function carryOut(
  target: Target,
  writeBack: WriteBack,
  context: WriteContext<unknown>,
  change: Wanted,
  by: string | null,
): Promise<void> {
  const { tenantId, connectionId, stream, externalId, provider } = target;
  const id = newId();
  const noted = {
    tenantId,
    id,
    connectionId,
    stream,
    externalId,
    requestedBy: by,
    before: change.from.state,
    wanted: change.wanted,
    request: mask(writeBack.body(change.wanted)),
  };
  await withTenant(tenantId, (tx) => tx.insert(writeBacks).values(noted));
  const startedAt = performance.now();
  try {
    const delivered = await deliver(writeBack, context, change);
    recordWriteback(provider.key, true, performance.now() - startedAt);
    await finish(target, id, { outcome: 'done', ...answerOf(delivered) });
    log.info(
      { event: 'write_back.done', tenantId, connectionId, stream },
      'A record was changed at its source',
    );
  } catch (error) {
    recordWriteback(provider.key, false, performance.now() - startedAt);
    const problem = problemOf(error, provider.label);
    const status = error instanceof RemoteError ? (error.status ?? null) : null;
    await finish(target, id, {
      outcome: problem?.code === 'unavailable' || problem === undefined ? 'failed' : 'refused',
      status,
      message: safeMessage(problem ?? error),
    });
    throw problem ?? error;
  }
}

/** Whatever came of it, the record is read again at once: what is shown is what the source says. */
async function finish(
  { tenantId, connectionId }: Target,
  id: string,
  end: Partial<typeof writeBacks.$inferInsert>,
): Promise<void> {
  const mustWake = await withTenant(tenantId, async (tx) => {
    await tx
      .update(writeBacks)
      .set({ ...end, finishedAt: sql`now()` })
      .where(and(eq(writeBacks.tenantId, tenantId), eq(writeBacks.id, id)));
    return askOutOfTurn(tx, tenantId, connectionId);
  });
  if (mustWake) await wake(tenantId, connectionId, null);
}

function answerOf({ answer }: Delivered) {
  return answer === null
    ? { message: 'It was found changed when it was looked at: the answer had been lost.' }
    : { status: answer.status, response: responseOf(answer.body) };
}

function responseOf(body: string): unknown {
  if (body.trim() === '' || body.length > 16 * mostText) return null;
  try {
    return mask(JSON.parse(body));
  } catch {
    return mask(body.slice(0, mostText));
  }
}

function problemOf(error: unknown, label: string): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof RemoteError)) return undefined;
  const isAway = error.kind === 'transient' || error.kind === 'rate_limited';
  const what = isAway
    ? `${label} could not be asked to change it.`
    : error.kind === 'gone'
      ? `${label} does not have it any more.`
      : `${label} did not change it.`;
  return new Problem(isAway ? 'unavailable' : 'conflict', `${what} ${error.message}`);
}
