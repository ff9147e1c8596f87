import { patiently } from '../../platform/db/retry.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { wakePushes } from '../push/enqueue.ts';
import {
  dropMarks,
  isSettled,
  readGround,
  readMarks,
  readSituations,
  type Ground,
  type Mark,
  type PullPlace,
} from './pending.ts';
import { settleMark, type Settled } from './apply.ts';

export type PullTally = Record<Settled, number>;

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
export async function pullBack(place: PullPlace): Promise<PullTally> {
  const tally: PullTally = { waits: 0, nothing: 0, pulled: 0, due: 0, conflict: 0 };
  const { timeZone } = await patiently(() => getTenant(place.tenantId));
  for (let after: string | undefined; ;) {
    const position = after;
    const { ground, marks, left } = await patiently(() =>
      withTenant(place.tenantId, async (tx) => {
        const read = await readMarks(tx, place, position, batchSize);
        const known = read.length === 0 ? undefined : await readGround(tx, place);
        if (known === undefined) return { ground: known, marks: read, left: [] };
        const situations = await readSituations(
          tx,
          place,
          read.map(({ leadId }) => leadId),
        );
        const settled = read.filter(({ leadId }) =>
          isSettled(
            known,
            situations.get(leadId) ?? {
              push: undefined,
              copy: undefined,
              lead: undefined,
              values: undefined,
              freshAt: null,
            },
          ),
        );
        await dropMarks(tx, place, settled);
        return { ground: known, marks: read, left: read.filter((mark) => !settled.includes(mark)) };
      }),
    );
    if (ground === undefined) break;
    tally.nothing += marks.length - left.length;
    for (const mark of left) tally[await settleOne(place, ground, mark, timeZone)] += 1;
    after = marks.at(-1)?.leadId;
    if (marks.length < batchSize) break;
  }
  if (tally.due > 0) await wakePushes(place.tenantId, place.connectionId);
  return tally;
}

/**
 * As `pullBack` after a sync: what fails is noted and left to the next one, because the sync itself
 * went well.
 */
export async function pullAfterSync(place: PullPlace): Promise<void> {
  try {
    const tally = await pullBack(place);
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
async function settleOne(
  place: PullPlace,
  ground: Ground,
  mark: Mark,
  timeZone: string,
): Promise<Settled> {
  try {
    const settled = await patiently(() =>
      withTenant(place.tenantId, (tx) => settleMark(tx, place, ground, mark, timeZone)),
    );
    return settled;
  } catch (error) {
    log.error(
      { event: 'pull.failed', reason: safeMessage(error) },
      'A change of the CRM could not be taken over',
    );
    return 'waits';
  }
}
