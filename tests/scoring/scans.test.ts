import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDns, zoneFor, type DnsServer, type Zone } from '../../sandbox/dns/index.ts';
import { switchFeature } from '#lib/scoring/schedule.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { scanSlice } from '#lib/scoring/scan.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { createStage, store, type Stage } from './stage.ts';

const db = useDatabase();
const workers: TestProcess[] = [];
const hard: Zone = {
  'silent.org': { fault: 'no_answer' },
  'slow.org': { a: ['127.0.0.2'], mx: [[0, '.']], fault: { slowMs: 500 } },
};
/** Two of three companies have no domain any more: these take a few questions instead of sixty. */
const isGone = (domain: string): boolean =>
  domain.startsWith('company-') && Number(/\d+/.exec(domain)?.[0]) % 3 > 0;
let dns: DnsServer;

beforeAll(async () => {
  dns = await startDns({
    zones: [hard],
    fallback: (domain) => (isGone(domain) ? {} : zoneFor(domain, 'scans')),
  });
  Object.assign(process.env, { DNS_SERVERS: dns.address, DNS_TIMEOUT_MS: '800' });
});
afterEach(async () => {
  for (const { child, exited } of workers.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(async () => {
  await closeQueue();
  await dns.close();
});

const startWorker = (): TestProcess => {
  const worker = startProcess('worker/index.ts', db.url, {
    DNS_SERVERS: dns.address,
    DNS_TIMEOUT_MS: '2000',
  });
  workers.push(worker);
  return worker;
};
interface Row {
  domain: string;
  score: number | null;
  segment: string | null;
  attempts: number;
  breakdown: Record<string, unknown> | null;
  wait: number;
}
const rowsOf = ({ tenant }: Stage) =>
  db.query<Row>(
    `select domain, score, segment, scan_attempts as attempts, breakdown,
       extract(epoch from scan_due_at - now())::float8 as wait
     from company_domains
     where tenant_id = $1
     order by domain`,
    [tenant.id],
  );
const isSettled = async (stage: Stage) =>
  (await rowsOf(stage)).every(({ score, attempts }) => score !== null || attempts > 0);
const timesAsked = () =>
  Object.entries(
    Object.groupBy(
      dns.log.filter(({ type }) => type === 'MX'),
      ({ name }) => name.toLowerCase(),
    ),
  ).map(([name, asked]) => [name, asked?.length ?? 0] as const);
const forget = () => (dns.log as unknown[]).splice(0);
const pagesOf = (count: number, make: (n: number) => { externalId: string }) =>
  Array.from({ length: Math.ceil(count / 500) }, (_, page) =>
    Array.from({ length: Math.min(500, count - page * 500) }, (_, n) => make(page * 500 + n)),
  );
const never = new AbortController().signal;

describe('scans', () => {
  it(
    'look once at each of 300 domains of 5,000 rows, whichever worker dies, if the engine is on',
    { timeout: 180_000 },
    async () => {
      const [on, off] = [await createStage('on'), await createStage('off')];
      await switchFeature(on.tenant.id, 'lead-engine', true, null);
      const domain = (n: number) => `company-${n % 300}.com`;
      for (const page of pagesOf(2500, (n) => ({
        externalId: String(n),
        email: `a${n}@${domain(n)}`,
      })))
        await store(on, 'lead', page);
      for (const page of pagesOf(2500, (n) => ({
        externalId: String(n),
        domain: domain(n),
        referralType: n % 300 < 30 ? 'co-sell' : 'marketplace',
      })))
        await store(on, 'referral', page);
      await store(
        off,
        'lead',
        [0, 1, 2, 3].map((n) => ({ externalId: String(n), email: `a@${domain(n)}` })),
      );
      forget();
      const first = startWorker();
      await until(
        'some domains are scanned',
        async () => (await rowsOf(on)).filter(({ score }) => score !== null).length > 50,
      );
      first.child.kill('SIGKILL');
      await first.exited;
      const inHand = (await rowsOf(on))
        .filter(({ score, wait }) => score === null && wait > 0)
        .map(({ domain: name }) => name);
      // The time that a lease lasts.
      await db.query(
        `update company_domains set scan_due_at = now() where tenant_id = $1 and score is null`,
        [on.tenant.id],
      );
      startWorker();
      startWorker();
      await until('all domains are settled', () => isSettled(on));
      const asked = new Map(timesAsked());
      const scanned = await rowsOf(on);
      expect(scanned).toHaveLength(300);
      // Name servers that are silent are asked again by the resolver itself.
      const answered = scanned.filter(({ score }) => score !== null);
      expect(answered.length).toBeGreaterThan(280);
      expect(
        answered
          .filter(({ domain: name }) => asked.get(name) !== 1)
          .map(({ domain: name }) => name)
          .filter((name) => !inHand.includes(name)),
      ).toEqual([]);
      expect(inHand.length).toBeLessThanOrEqual(16);
      expect(new Set(answered.map(({ segment }) => segment))).toEqual(
        new Set(['Migration', 'Existing', 'Cold', 'Skip']),
      );
      expect(
        (await rowsOf(off)).filter(({ score, wait }) => score !== null || wait !== null),
      ).toEqual([]);
      expect(
        await db.query(
          `select 1 from leads l join company_domains d using (tenant_id, domain)
       where (l.score, l.segment, l.priority, l.mail_provider, l.tenant_size, l.referral_type)
         is distinct from (d.score, d.segment, d.priority, d.mail_provider, d.tenant_size,
         d.referral_type)`,
        ),
      ).toEqual([]);
      // Scored again from what is stored, they are the same.
      await rescoreSlice(on.tenant.id, null, () => false);
      const plain = (rows: Row[]) =>
        rows.map(({ domain: name, breakdown }) => ({ name, ...breakdown, scoredAt: '' }));
      expect(plain(await rowsOf(on))).toEqual(plain(scanned));
    },
  );

  it('are given back at once when their worker is told to stop', async () => {
    const stage = await createStage('stopped');
    await switchFeature(stage.tenant.id, 'lead-engine', true, null);
    await store(stage, 'lead', [{ externalId: '1', email: 'a@slow.org' }]);
    const worker = startWorker();
    await until('the domain is in hand', async () => ((await rowsOf(stage))[0]?.wait ?? 0) > 60);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect((await rowsOf(stage))[0]?.wait).toBeLessThanOrEqual(0);
    await scanSlice(stage.tenant.id, () => false, never);
    expect(await rowsOf(stage)).toMatchObject([{ segment: 'Skip' }]);
  });

  it('side by side never take the same domain', async () => {
    const stage = await createStage('side-by-side');
    await switchFeature(stage.tenant.id, 'lead-engine', true, null);
    await store(
      stage,
      'lead',
      Array.from({ length: 24 }, (_, n) => ({ externalId: String(n), email: `a@side-${n}.com` })),
    );
    forget();
    expect(
      await Promise.all([1, 2, 3].map(() => scanSlice(stage.tenant.id, () => false, never))),
    ).toEqual([true, true, true]);
    const asked = new Map(timesAsked());
    const answered = (await rowsOf(stage)).filter(({ score }) => score !== null);
    expect(answered.length).toBeGreaterThan(20);
    expect(answered.filter(({ domain }) => asked.get(domain) !== 1)).toEqual([]);
  });

  it('that get no answer at all leave all unknown, and are tried later and later', async () => {
    const stage = await createStage('silent');
    await switchFeature(stage.tenant.id, 'lead-engine', true, null);
    await store(stage, 'lead', [{ externalId: '1', email: 'a@silent.org' }]);
    const waits: number[] = [];
    for (const attempt of [1, 2]) {
      expect(await scanSlice(stage.tenant.id, () => false, never)).toBe(true);
      const [row] = await rowsOf(stage);
      expect(row).toMatchObject({ score: null, attempts: attempt });
      waits.push(row?.wait ?? 0);
      await db.query(`update company_domains set scan_due_at = now() where tenant_id = $1`, [
        stage.tenant.id,
      ]);
    }
    expect(waits[0]).toBeGreaterThan(30);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  });

  it('write nothing once another worker has the domain', async () => {
    const stage = await createStage('fenced');
    await switchFeature(stage.tenant.id, 'lead-engine', true, null);
    await store(stage, 'lead', [{ externalId: '1', email: 'a@slow.org' }]);
    const late = scanSlice(stage.tenant.id, () => false, never);
    await until('the domain is in hand', async () => ((await rowsOf(stage))[0]?.wait ?? 0) > 60);
    await db.query(
      `update company_domains set scan_due_at = now() + interval '1 day' where tenant_id = $1`,
      [stage.tenant.id],
    );
    await late;
    expect(await rowsOf(stage)).toMatchObject([{ score: null, attempts: 0 }]);
  });
});
