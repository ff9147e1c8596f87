import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
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
 * Marks that are read at once. Most are echoes of our own writes, and those are taken away
 * together.
 */
const batchSize = 200;

/**
 * Draws the consequences of everything that changed in a CRM since the last time: values come back
 * to our leads, are written again, or become conflicts, by the rule of each field.
 *
 * The marks were stored with the changes that they stand for, and each goes in the transaction that
 * acts on it: a crash leaves the mark, and the next pull, after the next sync, finds it. The change
 * is not acted on in the transaction of the page itself, which would hold the streams of two
 * connections while it writes hundreds of rows.
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
 * As `pullChanges` after a sync: what fails is noted and left to the next one, because the sync
 * itself went well.
 */
export async function pullAfterSync(key: ConnectionKey): Promise<void> {
  try {
    const tally = await pullChanges(key);
    if (tally.pulled + tally.due + tally.conflict > 0)
      log.info(
        { event: 'pull.finished', changed: tally.pulled },
        'Changes of the CRM were taken over',
      );
  } catch (error) {
    log.error(
      { event: 'pull.failed', reason: safeMessage(error) },
      'Changes of the CRM could not be taken over',
    );
  }
}

/** One that fails keeps its mark, and keeps nobody else from theirs. */
async function tryApplyPendingPull(
  key: ConnectionKey,
  context: PullContext,
  pendingPull: PendingPull,
  timeZone: string,
): Promise<PullOutcome> {
  try {
    const noOps = await retryInTenant(key.tenantId, (tx) =>
      applyPendingPull(tx, key, context, pendingPull, timeZone),
    );
    return noOps;
  } catch (error) {
    log.error(
      { event: 'pull.failed', reason: safeMessage(error) },
      'A change of the CRM could not be taken over',
    );
    return 'waits';
  }
}
