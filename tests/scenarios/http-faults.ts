import { expect } from 'vitest';
import type { FaultInput } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import type { SetStage, Stage } from './sources/source.ts';

/**
 * What befalls requests now and then, whatever the provider. Times are short: what matters is how a
 * wait is spelled.
 */
const passing: Record<string, FaultInput> = {
  '429 in seconds': { kind: 'rate_limited', retryAfter: { style: 'seconds', ms: 900 } },
  '429 in milliseconds': { kind: 'rate_limited', retryAfter: { style: 'milliseconds', ms: 4_000 } },
  '429 with an HTTP date': { kind: 'rate_limited', retryAfter: { style: 'http_date', ms: 900 } },
  '429 with an ISO time': { kind: 'rate_limited', retryAfter: { style: 'iso', ms: 300 } },
  '429 below zero': { kind: 'rate_limited', retryAfter: '-5' },
  '429 in words': { kind: 'rate_limited', retryAfter: 'soon' },
  '429 as HTML without a time': { kind: 'rate_limited', html: true },
  '500': { kind: 'status', status: 500 },
  '503': { kind: 'status', status: 503 },
  '401 in the middle': { kind: 'status', status: 401 },
  'body cut short of its length': { kind: 'cut' },
  'chunked body cut': { kind: 'cut', framing: 'chunked' },
  'body cut that looks whole': { kind: 'cut', framing: 'close' },
  'dripping body': { kind: 'drip', bytes: 2_000, everyMs: 5 },
  'HTML with 200': { kind: 'html_200' },
  'gzip bomb': { kind: 'gzip_bomb', megabytes: 30 },
  'redirect elsewhere': { kind: 'redirect', location: 'http://127.0.0.1:9/' },
  'repeated page': { kind: 'repeat_page' },
  'connection refused': { kind: 'down' },
};

/**
 * Beside each of these once: bursts that outlast the retries of a request, and a list that does not
 * end until it is asked anew.
 */
const lasting: Record<string, FaultInput> = {
  'burst of 502': { kind: 'status', status: 502, next: 9 },
  'burst of 429': { kind: 'rate_limited', retryAfter: '0', next: 9 },
  'endless list': { kind: 'endless_pages', next: 60 },
};

/**
 * Each fault at so many places of a sync that has something to do, from its beginning to its end;
 * what the source itself can do wrong, too.
 */
export async function meetEachFault(
  db: TestDatabase,
  setStage: SetStage,
  key: string,
  { places = 1 } = {},
): Promise<Figures> {
  const stage = await setStage(db, `${key}-each`);
  const random = chances('faults', key);
  const tally = { faults: 0, syncs: 0, 'rows compared': 0 };
  const failing = new Set<string>();
  await untilSuccess(stage, tally);
  for (const [name, fault] of Object.entries({ ...passing, ...lasting })) {
    for (let place = 0; place < places; place += 1) {
      const requests = await stage.live(random);
      stage.sandbox.log.clear();
      stage.sandbox.faults.arm({
        after: Math.floor(((place + random.next()) * requests) / places),
        next: 1,
        ...buildScope(stage, key),
        ...fault,
      });
      if ((await sync(stage)).status !== 'success') failing.add(name);
      expect(stage.sandbox.log.counters().total.faults, `${name} struck`).toBeGreaterThan(0);
      stage.sandbox.faults.disarm();
      await untilSuccess(stage, tally);
      tally['rows compared'] += await stage.expectTruth();
      tally.faults += 1;
    }
  }
  for (const [name, happens] of Object.entries(stage.quirks)) {
    await happens();
    await untilSuccess(stage, tally);
    expect(await stage.expectTruth(), name).toBeGreaterThan(0);
    tally.faults += 1;
  }
  return {
    ...tally,
    ...(await ended(db, stage)),
    'faults that failed a run': [...failing].join(', '),
  };
}

/**
 * One request in five meets some fault, over several syncs of an account that goes on living; then
 * it ends, and all is well.
 */
export async function meetRandomFaults(
  db: TestDatabase,
  setStage: SetStage,
  key: string,
  { seeds, syncs }: { seeds: number; syncs: number },
): Promise<Figures> {
  const tally = { seeds, syncs: 0, 'rows compared': 0 };
  const figures = { faults: 0, requests: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const stage = await setStage(db, `${key}-seed-${seed}`);
    const random = chances('random faults', key, seed);
    const probability = 1 - 0.8 ** (1 / Object.keys(passing).length);
    for (const [name, fault] of Object.entries(passing))
      stage.sandbox.faults.arm({
        ...fault,
        ...buildScope(stage, key),
        probability,
        seed: `${name} ${random.next()}`,
      });
    for (let run = 0; run < syncs; run += 1) {
      await stage.live(random);
      await sync(stage);
      tally.syncs += 1;
    }
    const { faults, requests } = stage.sandbox.log.counters().total;
    figures.faults += faults;
    figures.requests += requests;
    stage.sandbox.faults.disarm();
    await untilSuccess(stage, tally);
    tally['rows compared'] += await stage.expectTruth();
    await ended(db, stage);
  }
  return {
    ...tally,
    requests: figures.requests,
    'of them with a fault': `${figures.faults} (${Math.round(
      (100 * figures.faults) / figures.requests,
    )} %)`,
  };
}

const buildScope = ({ endpoint }: Stage, provider: string) => ({
  provider,
  ...(endpoint !== undefined && { endpoint }),
});
const sync = ({ workspace: { tenant, connection } }: Stage) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });

/**
 * A pass that was disturbed may end as partial, and one that was thrown back begins anew: three in
 * quiet are enough for any.
 */
async function untilSuccess(stage: Stage, tally: { syncs: number }): Promise<void> {
  const seen = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const report = await sync(stage);
    tally.syncs += 1;
    if (report.status === 'success') return;
    seen.push(report.errorMessage);
  }
  throw new Error(`Three quiet syncs did not succeed: ${seen.join(' / ')}`);
}

async function ended(db: TestDatabase, { sandbox }: Stage): Promise<{ 'open errors': number }> {
  await sandbox.close(0);
  await expectExactRollups(db);
  await expectBalancedBooks(db);
  const [{ open } = { open: -1 }] = await db.query<{ open: number }>(
    'select count(*)::int as open from record_errors where resolved_at is null',
  );
  expect(open).toBe(0);
  return { 'open errors': open };
}
