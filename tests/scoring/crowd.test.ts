import { afterAll, expect, it } from 'vitest';
import { scanSlice } from '#lib/scoring/scan.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { switchFeature } from '#lib/scoring/schedule.ts';
import { startDns, zoneFor, type DnsServer } from '../../sandbox/dns/index.ts';
import { retryOnDbOutage } from '#lib/platform/db/retry.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { createStage, remove, store, type Stage } from './stage.ts';
import { allowForLoad } from '../helpers/patience.ts';

allowForLoad();
const db = useDatabase();
let dns: DnsServer | undefined;
afterAll(async () => {
  await closeQueue();
  await dns?.close();
});

it('pages, scans and scores that meet on one domain leave every lead as it says', async () => {
  dns = await startDns({ fallback: (domain) => zoneFor(domain, 'crowd') });
  Object.assign(process.env, { DNS_SERVERS: dns.address, DNS_TIMEOUT_MS: '800' });
  const stage = await createStage('crowd');
  await switchFeature(stage.tenant.id, 'lead-engine', true, null);
  const type = (n: number) => (['co-sell', 'marketplace', 'solution-provider'] as const)[n % 3];
  const domain = (n: number) => `crowd-${n % 20}.com`;
  // Each of them is a connection of its own: nobody else writes its rows.
  const writer = async (name: string, work: (of: Stage, round: number) => Promise<void>) => {
    for (let round = 0; round < 6; round += 1) await retryOnDbOutage(() => work(stage, round));
    return name;
  };
  const page = (prefix: string, round: number) =>
    Array.from({ length: 40 }, (_, n) => ({
      externalId: `${prefix}${n}`,
      company: `Round ${round}`,
      email: `a@${domain(n * 7 + round * (n % 3))}`,
    }));
  await Promise.all([
    writer('leads', (of, round) => store(of, 'lead', page('a', round))),
    writer('more leads', (of, round) => store(of, 'lead', page('b', round).toReversed())),
    writer('referrals', (of, round) =>
      store(
        of,
        'referral',
        Array.from({ length: 20 }, (_, n) => ({
          externalId: `r${n}`,
          domain: domain(n + round),
          referralType: type(n + round) ?? 'co-sell',
          azureTenantId: (n + round) % 4 === 0 ? 'f4c1' : null,
        })),
      ),
    ),
    writer('people', (of, round) =>
      store(
        of,
        'contact',
        Array.from({ length: 20 }, (_, n) => ({
          externalId: `p${n}`,
          email: `x@${domain(19 - n + round)}`,
        })),
      ),
    ),
    writer('deletions', (of, round) => remove(of, 'referral', `r${round * 3}`)),
    writer('scans', (of) =>
      scanSlice(of.tenant.id, () => false, new AbortController().signal).then(() => undefined),
    ),
    writer('scores', (of) => rescoreSlice(of.tenant.id, null, () => false).then(() => undefined)),
  ]);
  await scanSlice(stage.tenant.id, () => false, new AbortController().signal);
  const wrong = () =>
    db.query(
      `select l.external_id
       from leads l
       left join company_domains d using (tenant_id, domain)
       where l.deleted_at is null
     and (l.score, l.segment, l.priority, l.mail_provider, l.tenant_size, l.referral_type,
       l.sort_score) is distinct from (d.score, d.segment, d.priority, d.mail_provider,
       d.tenant_size, d.referral_type, coalesce(d.score, -1))`,
    );
  expect(await wrong()).toEqual([]);
  const rows = () =>
    db.query(
      `select domain, azure_tenant_id, referral_type, employees, score, mail_provider
       from company_domains
       order by domain`,
    );
  const before = await rows();
  expect(before.length).toBe(20);
  await withTenant(stage.tenant.id, (tx) => recountSummaries(tx, 'lead', stage.tenant.id));
  expect(await rows()).toEqual(before);
});
