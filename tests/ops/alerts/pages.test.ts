import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAlerts } from '#lib/ops/alerts/check.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useMailbox } from '../../identity/auth/mailbox.ts';
import { useDatabase } from '../../helpers/database.ts';
import { readText } from '../../helpers/html.ts';
import { readPage } from '../../helpers/page.ts';
import { startProcess } from '../../helpers/processes.ts';
import { metricsToken, scrape } from '../../helpers/scrape.ts';
import { password, startWeb, type Web } from '../../helpers/web.ts';
import { useSink } from './sink.ts';
import { addConnections, refuse } from './trouble.ts';

const db = useDatabase();
const mailbox = useMailbox();
const sink = useSink();
let web: Web;
let birch: string[];

beforeAll(async () => {
  birch = await addConnections(db, 'birch', 2);
  await addConnections(db, 'cedar');
  await createUser({ email: 'all@agency.test', password, staff: true });
  await createUser({ email: 'one@agency.test', password, staff: ['birch'] });
  await createUser({ email: 'admin@birch.test', password, tenantSlug: 'birch', role: 'admin' });
  // No trouble is looked for but by the tests themselves.
  web = await startWeb(db.url, { METRICS_TOKEN: metricsToken, ALERT_CHECK_SECONDS: '3600' });
});
afterAll(() => web?.stop());

describe('/alerts', () => {
  it('shows what is wrong and what is over, to staff of every workspace', async () => {
    const staff = await web.signIn('all@agency.test');
    expect(readText((await readPage(staff, '/alerts')).root)).toContain('All is well');
    await refuse(db, birch);
    await checkAlerts();
    await refuse(db, birch.slice(1), false);
    await checkAlerts();
    await checkAlerts();
    const page = await readPage(staff, '/alerts');
    const text = readText(page.root);
    expect(page.status).toBe(200);
    expect(text).toContain(
      'birch, Account 1 rejects its credentials, or its token could ' +
        'not be refreshed: The token was refused.',
    );
    expect(text).toMatch(/Critical.*Account 1.*Resolved.*Account 2/s);
    expect(await staff.text('/workspaces')).toContain('href="/alerts"');
  });

  it('is no page for everybody else', async () => {
    for (const email of ['one@agency.test', 'admin@birch.test']) {
      const client = await web.signIn(email);
      expect((await client.fetch('/alerts')).status).toBe(404);
      expect(await client.text('/workspaces')).not.toContain('href="/alerts"');
    }
    const visitor = await web.visitor().fetch('/alerts');
    expect([visitor.status, visitor.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Falerts',
    ]);
  });
});

describe('/metrics of the web', () => {
  it('counts requests by route pattern, and holds no secret, slug or address', async () => {
    const client = await web.signIn('admin@birch.test');
    await client.fetch('/w/birch/leads?search=tell-tale');
    await client.fetch('/w/tell-tale/leads');
    await client.fetch('/tell/tale');
    const figures = await scrape(web.url);
    expect(figures.status).toBe(200);
    expect(
      figures.value('http_requests_total{method="GET",route="/w/[tenant]/leads",status="200"}'),
    ).toBe(1);
    expect(
      figures.value('http_requests_total{method="GET",route="/w/[tenant]/leads",status="404"}'),
    ).toBe(1);
    expect(figures.value('http_requests_total{method="GET",route="/[...path]",status="404"}')).toBe(
      1,
    );
    expect(figures.value('http_request_latency_ms_count{route="/w/[tenant]/leads"}')).toBe(2);
    expect(figures.value('alerts_open{rule="needs-reconnect",severity="critical"}')).toBe(1);
    expect(figures.labels('sync_stream_age_seconds').length).toBeGreaterThan(2);
    expect(figures.text).not.toMatch(/tell.tale|@|Account/);
    for (const secret of [
      metricsToken,
      password,
      process.env['AUTH_SECRET'] ?? 'x',
      process.env['TRIBUTARY_KEYS'] ?? 'x',
    ])
      expect(figures.text).not.toContain(secret);
  });

  it('wants the token, also of people who are signed in', async () => {
    const staff = await web.signIn('all@agency.test');
    expect((await staff.fetch('/metrics')).status).toBe(401);
    expect((await scrape(web.url, 'wrong')).status).toBe(401);
    expect(
      (
        await web.visitor().fetch('/metrics', {
          headers: { authorization: `Bearer ${metricsToken}` },
          method: 'POST',
        })
      ).status,
    ).toBe(404);
  });
});

describe('alerts test', () => {
  const run = async (env: Record<string, string>) => {
    const { exited, output } = startProcess(
      'cli/index.ts',
      db.url,
      { LOG_LEVEL: 'error', ...env },
      ['alerts', 'test'],
    );
    const { code } = await exited;
    return { code, output: output() };
  };

  it('sends to every channel, or says what is missing or wrong', async () => {
    const before = sink.calls;
    expect(await run({ ALERT_EMAIL: 'operators@example.com' })).toEqual({
      code: 0,
      output: 'Sent a test notification by email and webhook.',
    });
    expect([mailbox.countOf('operators@example.com'), sink.calls - before]).toEqual([1, 1]);
    expect(await run({ ALERT_WEBHOOK_URL: '' })).toMatchObject({
      code: 7,
      output: expect.stringContaining('set ALERT_EMAIL'),
    });
    sink.status = 500;
    const refused = await run({});
    expect(refused.code).toBe(1);
    expect(refused.output).not.toMatch(/tell-tale|hook/);
  });
});
