import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { jobs, type JobName, type JobPayload } from '../jobs.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { enqueue } from '../queue.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { createConflictProblem, type Actor } from '../../identity/actor.ts';
import { requireNote } from './note.ts';
import { deadLetters } from '../../schema/dead-letters.ts';

type DeadLetter = typeof deadLetters.$inferSelect;

/** Queues a failed job again and resolves it, in one transaction. */
export async function retryJob(actor: Actor, id: string): Promise<void> {
  await withTenant(actor.tenantId, async (tx) => {
    const letter = await lockOpenJob(tx, actor, id);
    await requeue(tx, actor, letter);
    await record(tx, actor, 'job.retried', letter);
  });
}

/** Queues all failed jobs of a kind again. Returns their number. */
export async function retryJobGroup(
  actor: Actor,
  { job, kind }: { job: string; kind: string },
): Promise<number> {
  return withTenant(actor.tenantId, async (tx) => {
    const open = and(
      eq(deadLetters.tenantId, actor.tenantId),
      eq(deadLetters.job, job),
      eq(deadLetters.kind, kind),
      isNull(deadLetters.resolvedAt),
    );
    const letters = await tx
      .select()
      .from(deadLetters)
      .where(open)
      .orderBy(asc(deadLetters.id))
      .for('update');
    if (letters.length === 0)
      throw new Problem(
        'conflict',
        'There are no failed jobs of this kind any more. The list below is up to date.',
      );
    for (const letter of letters) await requeue(tx, actor, letter);
    await record(tx, actor, 'job.retried', { job }, { jobs: letters.length, kind });
    return letters.length;
  });
}

/** Discards a failed job, with a reason. */
export async function discardJob(actor: Actor, id: string, reason: string): Promise<void> {
  await withTenant(actor.tenantId, async (tx) => {
    const letter = await lockOpenJob(tx, actor, id);
    const note = requireNote(reason);
    await tx
      .update(deadLetters)
      .set({ resolvedAt: sql`now()`, resolution: 'discarded', resolvedBy: actor.userId, note })
      .where(whereOwn(actor, id));
    await record(tx, actor, 'job.discarded', letter);
  });
}

function record(
  tx: Tx,
  { tenantId }: Actor,
  action: 'job.retried' | 'job.discarded',
  { id, job }: { id?: string; job: string },
  after?: Record<string, unknown>,
): Promise<void> {
  const target = { type: 'job', id: id ?? null, label: job };
  return recordAudit(tx, { tenantId, action, target, ...(after && { after }) });
}

async function lockOpenJob(tx: Tx, actor: Actor, id: string): Promise<DeadLetter> {
  if (!isId(id)) throw unknownJob();
  const [letter] = await tx.select().from(deadLetters).where(whereOwn(actor, id)).for('update');
  if (letter === undefined) throw unknownJob();
  if (letter.resolvedAt !== null) throw await createConflictProblem(tx, 'job', letter);
  return letter;
}

async function requeue(tx: Tx, actor: Actor, { id, job, payload }: DeadLetter): Promise<void> {
  const name = parseJobName(job);
  await tx
    .update(deadLetters)
    .set({ resolvedAt: sql`now()`, resolution: 'retried', resolvedBy: actor.userId })
    .where(whereOwn(actor, id));
  // A separate key, because a job that waits under the regular one may have been queued before the
  // cause of the failure was fixed.
  await enqueue(name, toRetryPayload(name, payload, actor), { key: `retry/${id}`, tx });
}

/** The original payload, but as a manual request by the person who retries it. */
function toRetryPayload<Name extends JobName>(
  name: Name,
  payload: unknown,
  { userId }: Actor,
): JobPayload<Name> {
  const original = payload as Record<string, unknown>;
  const updated = {
    ...original,
    ...('trigger' in original && { trigger: 'manual' }),
    ...('requestedBy' in original && { requestedBy: userId }),
  };
  const parsed = jobs[name].safeParse(updated);
  if (!parsed.success)
    throw new Problem(
      'conflict',
      'This job comes from another version and cannot be retried. ' +
        'Discard it; whatever is due will be queued again automatically.',
    );
  return parsed.data as JobPayload<Name>;
}

function parseJobName(job: string): JobName {
  if (!Object.hasOwn(jobs, job))
    throw new Problem('conflict', `Jobs named "${job}" no longer exist. Discard it.`);
  return job as JobName;
}

const whereOwn = ({ tenantId }: Actor, id: string) =>
  and(eq(deadLetters.tenantId, tenantId), eq(deadLetters.id, id));
const unknownJob = () => new Problem('not_found', 'There is no such job in this workspace.');
