import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { log, withLogFields } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { enqueuePushes } from '../push/enqueue.ts';
import {
  deletePendingPulls,
  isNoOp,
  readPullContext,
  readPendingPulls,
  readPullCandidates,
  type PullContext,
  type PendingPull,
  type ConnectionKey,
} from './pending.ts';
import { applyPendingPull, type PullOutcome } from './apply.ts';

export type PullTally = Record<PullOutcome, number>;

/**
 * Pending pulls that are read at once. Most are echoes of our own writes, which are deleted in one
 * statement.
 */
const batchSize = 200;

/**
 * Applies everything that has changed in a CRM since the last time: by the rule of each field, a
 * value is taken over into the lead, written to the CRM again, or becomes a conflict.
 *
 * Pending pulls are recorded in the transaction of the change and deleted in the transaction that
 * applies them, so one that a crash leaves behind is applied by the next pull. They are not applied
 * in the transaction of the page, because that would lock the streams of two connections while it
 * writes hundreds of rows.
 */
export async function pullChanges(key: ConnectionKey): Promise<PullTally> {
  const tally: PullTally = { waits: 0, nothing: 0, pulled: 0, due: 0, conflict: 0 };
  const { timeZone } = await retryOnDbOutage(() => getTenant(key.tenantId));
  for (let after: string | undefined; ;) {
    const position = after;
    const {
      ground: context,
      marks: pendingPulls,
      left: remaining,
    } = await retryInTenant(key.tenantId, async (tx) => {
      const read = await readPendingPulls(tx, key, position, batchSize);
      const readContext = read.length === 0 ? undefined : await readPullContext(tx, key);
      if (readContext === undefined) return { ground: readContext, marks: read, left: [] };
      const situations = await readPullCandidates(
        tx,
        key,
        read.map(({ leadId }) => leadId),
      );
      const noOps = read.filter(({ leadId }) =>
        isNoOp(
          readContext,
          situations.get(leadId) ?? {
            push: undefined,
            copy: undefined,
            lead: undefined,
            values: undefined,
            freshAt: null,
          },
        ),
      );
      await deletePendingPulls(tx, key, noOps);
      return {
        ground: readContext,
        marks: read,
        left: read.filter((pendingPull) => !noOps.includes(pendingPull)),
      };
    });
    if (context === undefined) break;
    tally.nothing += pendingPulls.length - remaining.length;
    for (const pendingPull of remaining)
      tally[await tryApplyPendingPull(key, context, pendingPull, timeZone)] += 1;
    after = pendingPulls.at(-1)?.leadId;
    if (pendingPulls.length < batchSize) break;
  }
  if (tally.due > 0) await enqueuePushes(key.tenantId, key.connectionId);
  return tally;
}

/**
 * As `pullChanges`, after a sync. A failure is logged and left to the next pull, because the sync
 * itself succeeded.
 */
export async function pullAfterSync({ tenantId, connectionId }: ConnectionKey): Promise<void> {
  await withLogFields({ tenantId, connectionId }, () => tryPull({ tenantId, connectionId }));
}

async function tryPull(key: ConnectionKey): Promise<void> {
  try {
    const tally = await pullChanges(key);
    if (tally.pulled + tally.due + tally.conflict > 0)
      log.info(
        { event: 'pull.finished', changed: tally.pulled },
        'Changes of the CRM were taken over',
      );
  } catch (error) {
    log.error(
      { event: 'pull.failed', reason: safeReason(error) },
      'Changes of the CRM could not be taken over',
    );
  }
}

/** A pull that fails stays pending and does not stop the others. */
async function tryApplyPendingPull(
  key: ConnectionKey,
  context: PullContext,
  pendingPull: PendingPull,
  timeZone: string,
): Promise<PullOutcome> {
  try {
    return await retryInTenant(key.tenantId, (tx) =>
      applyPendingPull(tx, key, context, pendingPull, timeZone),
    );
  } catch (error) {
    log.error(
      { event: 'pull.failed', reason: safeReason(error) },
      'A change of the CRM could not be taken over',
    );
    return 'waits';
  }
}
