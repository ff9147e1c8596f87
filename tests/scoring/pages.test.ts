import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { rescoreDomains } from '#lib/scoring/apply.ts';
import { saveWeights } from '#lib/scoring/models.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { find, findAll, readText, type Element } from '../helpers/html.ts';
import { readPage } from '../helpers/page.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { evidence } from './evidence.ts';
import { createStage, store, type Stage } from './stage.ts';

const db = useDatabase();
let web: Web;
let north: Stage;
let south: Stage;
let admin: WebClient;
let viewer: WebClient;

beforeAll(async () => {
  north = await createStage('north');
  south = await createStage('south');
  await store(north, 'lead', [
    { externalId: '1', name: 'Ana Diaz', email: 'ana@acme.com', company: 'Acme' },
    { externalId: '2', name: 'Bo Berg', email: 'bo@bolt.io', company: 'Bolt' },
    { externalId: '3', name: 'Cy Clark', email: 'cy@gmail.com' },
  ]);
  await store(north, 'referral', [
    { externalId: 'r', domain: 'acme.com', referralType: 'co-sell' },
  ]);
  await scanned('acme.com');
  await createUser({
    email: 'admin@north.test',
    name: 'Nora Admin',
    password,
    tenantSlug: 'north',
    role: 'admin',
  });
  await createUser({ email: 'viewer@north.test', password, tenantSlug: 'north', role: 'viewer' });
  web = await startWeb(db.url);
  [admin, viewer] = await Promise.all([
    web.signIn('admin@north.test'),
    web.signIn('viewer@north.test'),
  ]);
});
afterAll(async () => {
  await web?.stop();
  await closeQueue();
});

async function scanned(domain: string): Promise<void> {
  const found = evidence({ domain, dmarc: { verdict: 'missing', policy: null } });
  await db.query(
    `update company_domains
     set evidence = $3, scanned_at = $4, scan_due_at = $4
     where tenant_id = $1 and domain = $2`,
    [north.tenant.id, domain, found, found.scannedAt],
  );
  await withTenant(north.tenant.id, (tx) => rescoreDomains(tx, north.tenant.id, [domain]));
}

interface Answer {
  lead: { name: string; domain: string | null };
  state: string;
  breakdown: {
    score: number;
    model: number;
    signals: { key: string; points: number }[];
    risks: { key: string }[];
  } | null;
  scannedAt: string | null;
  scanDueAt: string | null;
}
const leadId = async (externalId: string) =>
  (
    await db.query<{ id: string }>(
      `select id from leads where tenant_id = $1 and external_id = $2`,
      [north.tenant.id, externalId],
    )
  )[0]?.id ?? '';
const scoreOf = async (externalId: string, client = viewer) =>
  client.json<Answer>(`/api/leads/${await leadId(externalId)}/score?tenant=north`);

describe('GET /api/leads/{id}/score', () => {
  it('tells of signals first, then of risks', async () => {
    const { status, body } = await scoreOf('1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      lead: { name: 'Ana Diaz', domain: 'acme.com' },
      state: 'scored',
      scannedAt: '2026-11-20T08:00:00.000Z',
      scanDueAt: null,
    });
    expect(body.breakdown).toMatchObject({ score: 75, model: 0 });
    expect(body.breakdown?.signals.map(({ key }) => key)).toEqual([
      'spf',
      'dkim',
      'dmarc',
      'mx',
      'mta_sts',
      'tls_rpt',
      'bimi',
      'boost.co_sell',
    ]);
    expect(body.breakdown?.risks.map(({ key }) => key)).toEqual(['risk.no_dmarc']);
  });

  it('says why there is none, and answers for a foreign lead as for an absent one', async () => {
    expect((await scoreOf('2')).body).toMatchObject({ state: 'off', breakdown: null });
    expect((await scoreOf('3')).body).toMatchObject({ state: 'no_domain', breakdown: null });
    await store(south, 'lead', [{ externalId: '9', email: 'x@acme.com' }]);
    const [foreign] = await db.query<{ id: string }>(`select id from leads where tenant_id = $1`, [
      south.tenant.id,
    ]);
    const absent = await viewer.json<{ error: { message: string } }>(
      '/api/leads/01a1fc74-0000-7000-8000-00000000dead/score?tenant=north',
    );
    expect(absent.status).toBe(404);
    for (const id of [foreign?.id, 'nothing', '%00'])
      expect(await viewer.json(`/api/leads/${id}/score?tenant=north`)).toMatchObject({
        status: 404,
        body: { error: { message: absent.body.error.message } },
      });
  });
});

const noticeOf = (root: Element) => readText(find(root, '.banner'));

describe('the page of features', () => {
  it('switches them on and off, and says since when and by whom', async () => {
    expect((await viewer.fetch('/w/north/settings/features')).status).toBe(403);
    const before = await readPage(admin, '/w/north/settings/features');
    expect(findAll(find(before.root, '#features'), '.badge').map(readText)).toEqual(['Off', 'Off']);
    const switched = await admin.postForm('/w/north/settings/features', {
      feature: 'lead-engine',
      to: 'on',
    });
    expect(switched.status).toBe(303);
    const after = await readPage(admin, switched.headers.get('location') ?? '');
    expect(findAll(find(after.root, '#features'), '.badge').map(readText)).toEqual(['On', 'Off']);
    expect(after.html).toContain('switched on by Nora Admin');
    expect(noticeOf(after.root)).toContain('The lead engine is on.');
    expect((await scoreOf('2')).body).toMatchObject({ state: 'waiting' });
    expect(
      await db.query(
        `select 1 from pgboss.job where name = 'scan-domains' and data->>'tenantId' = $1`,
        [north.tenant.id],
      ),
    ).toHaveLength(1);
    await admin.postForm('/w/north/settings/features', { feature: 'lead-engine', to: 'off' });
    expect((await scoreOf('2')).body).toMatchObject({ state: 'off' });
    expect(
      (await admin.postForm('/w/north/settings/features', { feature: 'everything', to: 'on' }))
        .status,
    ).toBe(400);
  });
});

const fieldsOf = (root: Element) =>
  Object.fromEntries(
    findAll(find(root, '#weights'), 'input').map(({ attributes }) => [
      attributes['name'] ?? '',
      attributes['value'] ?? '',
    ]),
  );

describe('the page of scoring', () => {
  it('shows what other weights would change before they are saved', async () => {
    const { root } = await readPage(admin, '/w/north/settings/scoring');
    const fields = { ...fieldsOf(root), 'risks.noDmarc': '60', note: 'DMARC first' };
    const preview = await admin.postForm('/w/north/settings/scoring', {
      ...fields,
      intent: 'preview',
    });
    const html = await preview.text();
    expect(preview.status).toBe(200);
    expect(html).toContain('Of 1 scanned company, 1 would change.');
    expect(html).toContain('75 to 25');
    expect(html).toContain('value="60"');
    expect((await scoreOf('1')).body.breakdown?.score).toBe(75);
  });

  it('refuses what cannot be, beside the field, and keeps what was typed', async () => {
    const fields = fieldsOf((await readPage(admin, '/w/north/settings/scoring')).root);
    const refused = await admin.postForm('/w/north/settings/scoring', {
      ...fields,
      'signals.spf': '400',
      'boosts.coSell': '',
      intent: 'save',
    });
    const html = await refused.text();
    expect(refused.status).toBe(400);
    expect(html).toContain('Enter 100 at most.');
    expect(html).toContain('Enter a whole number.');
    expect(html).toContain('value="400"');
  });

  it('saves a version with its reason, for those who may, and refills from old ones', async () => {
    const fields = fieldsOf((await readPage(admin, '/w/north/settings/scoring')).root);
    expect(
      (await viewer.postForm('/w/north/settings/scoring', { ...fields, intent: 'save' })).status,
    ).toBe(403);
    const saved = await admin.postForm('/w/north/settings/scoring', {
      ...fields,
      'risks.noDmarc': '30',
      note: 'DMARC first',
      intent: 'save',
    });
    expect(saved.headers.get('location')).toBe('/w/north/settings/scoring?done=save');
    const { root, html } = await readPage(admin, '/w/north/settings/scoring?done=save');
    expect(noticeOf(root)).toContain('Saved.');
    expect(html).toContain('DMARC first');
    expect(readText(find(root, '#versions'))).toContain('Nora Admin');
    expect(fieldsOf(root)).toMatchObject({ 'risks.noDmarc': '30', basedOn: '1' });
    expect(
      fieldsOf((await readPage(admin, '/w/north/settings/scoring?from=0')).root),
    ).toMatchObject({ 'risks.noDmarc': '10', basedOn: '1' });
    await saveWeights(north.tenant.id, { weights: {}, note: '', basedOn: 1, by: null });
    expect(
      (
        await admin.postForm('/w/north/settings/scoring', {
          ...fields,
          basedOn: '1',
          'risks.noDmarc': '7',
          intent: 'save',
        })
      ).status,
    ).toBe(409);
  });
});
