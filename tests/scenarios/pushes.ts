import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { startSandbox, type FaultInput } from '../../sandbox/index.ts';
import { enqueue } from '#lib/jobs/queue.ts';
import { retryFailedPushes } from '#lib/outbound/push/retry-failed.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import type { TestProcess } from '../helpers/processes.ts';
import { addLeads, ask, type PushStage } from '../outbound/stage.ts';
import type { Crm } from './crms/crm.ts';
import { Fleet, quickHands } from './fleet.ts';

const pushFailpoints = ['push.before_send', 'push.after_send', 'push.before_commit'] as const;

interface PushesOptions {
  leads: number;
  /** How often a worker ends itself at one of the fail-points. */
  kills: number;
  workers: number;
}

/**
 * "It worked but we were told it failed", for one creation in ten; beside that one request in
 * twenty fails in some way.
 */
const buildFaults = ({ provider, creation }: Crm): FaultInput[] => [
  { kind: 'fail_after_effect', endpoint: creation, probability: 0.1, seed: 'lost answers' },
  { kind: 'cut', provider, probability: 0.015, seed: 'cuts' },
  { kind: 'status', status: 503, provider, probability: 0.015, seed: 'busy' },
  { kind: 'fail_after_effect', provider, status: 504, probability: 0.01, seed: 'late' },
  { kind: 'rate_limited', retryAfter: '0', provider, probability: 0.01, seed: 'slow down' },
];

/**
 * Pushes leads through responses that are lost, faults and workers that are killed: exactly one
 * record each comes of it, and every stage and value is ours.
 */
export async function pushUnderFire(
  db: TestDatabase,
  crm: Crm,
  { leads, kills, workers }: PushesOptions,
): Promise<Figures> {
  const sandbox = await startSandbox({ accounts: [], partners: [], orgs: [], ...crm.accounts });
  const fleet = new Fleet(db, { ...quickHands, SYNC_LEASE_SECONDS: '3' });
  const startedAt = performance.now();
  try {
    const stage = await crm.stage(db, sandbox);
    await db.query(`update connections set due_at = now() + interval '1 day'`);
    const random = chances('pushes');
    const ids = await addLeads(
      stage,
      Array.from({ length: leads }, (_, n) => ({
        name: `Person ${n}`,
        domain: `company-${n % Math.ceil(leads * 0.9)}.example`,
        email: `person-${n}@company-${n}.example`,
        score: random.int(30, 99),
        segment: 'Migration',
        priority: 1,
        dealValue: 100 + n,
      })),
    );
    for (const fault of buildFaults(crm)) sandbox.faults.arm(fault);
    expect(await ask(stage, ids)).toMatchObject({ queued: leads, refused: [] });
    const ended = await killAtFailpoints(
      stage,
      fleet,
      kills,
      Math.max(1, Math.floor((leads * 2) / Math.max(1, kills))),
    );
    await Promise.all(Array.from({ length: workers }, () => fleet.start()));
    await settleAll(stage, 120_000 + leads * 400);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const states = await countStates(stage);
    expect((states['synced'] ?? 0) / leads).toBeGreaterThan(0.999);
    sandbox.faults.disarm();
    await retryFailedPushes(stage.tenantId, stage.connectionId, null);
    await settleAll(stage, 120_000);
    expect(await countStates(stage)).toEqual({ synced: leads });
    const requests =
      sandbox.log.counters().byAccount[`${crm.provider}/${stage.account}`]?.requests ?? 0;
    return {
      leads,
      'workers killed': ended,
      workers,
      'first time synced %': (((states['synced'] ?? 0) / leads) * 100).toFixed(3),
      ...crm.expectOnce(stage, ids),
      requests,
      'faults met': sandbox.log.counters().total.faults,
      seconds,
    };
  } finally {
    await fleet.end();
    await sandbox.close(0);
  }
}

/**
 * One worker after the other, each of which ends itself the so-manieth time it comes by a
 * fail-point.
 */
async function killAtFailpoints(
  stage: PushStage,
  fleet: Fleet,
  kills: number,
  apart: number,
): Promise<number> {
  const random = chances('push kills');
  for (let killed = 0; killed < kills; killed += 1) {
    const place = pushFailpoints[killed % pushFailpoints.length] ?? 'push.after_send';
    const worker = await fleet.start({ FAILPOINT: `${place}:${random.int(1, apart)}` });
    if (!(await ends(stage, worker))) return killed;
  }
  return kills;
}

/** False when the work was done before the worker came by its fail-point. */
async function ends(stage: PushStage, { exited, child }: TestProcess): Promise<boolean> {
  for (;;) {
    await wake(stage);
    const gone = await Promise.race([
      exited.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 150)),
    ]);
    if (gone) return true;
    if (((await countStates(stage))['pending'] ?? 0) > 0) continue;
    child.kill('SIGKILL');
    await exited;
    return false;
  }
}

async function settleAll(stage: PushStage, patienceMs: number): Promise<void> {
  for (
    const deadline = Date.now() + patienceMs;
    ((await countStates(stage))['pending'] ?? 0) > 0;
  ) {
    if (Date.now() > deadline) {
      const pushes = await stage.db.query(
        `select state, attempts, error_message, count(*) from pushes
         group by 1, 2, 3 order by 4 desc limit 5`,
      );
      throw new Error(`Still pending: ${JSON.stringify(pushes)}`);
    }
    await wake(stage);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/**
 * As the once-a-minute task does, only sooner; and without the limit of requests that this
 * environment does not have.
 */
async function wake({ db, tenantId, connectionId }: PushStage): Promise<void> {
  await db.query(`update rate_budgets set used = 0 where tenant_id = $1 and "window" <> 'all'`, [
    tenantId,
  ]);
  const waiting = await db.query(
    `select 1
     from pgboss.job
     where name = 'push-leads' and state < 'active' and start_after <= now()`,
  );
  if (waiting.length === 0)
    await enqueue(
      'push-leads',
      { tenantId, connectionId, leadId: null, requestedBy: null },
      { key: randomUUID() },
    );
}

async function countStates({ db, tenantId }: PushStage): Promise<Record<string, number>> {
  const rows = await db.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from pushes where tenant_id = $1 group by 1',
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
