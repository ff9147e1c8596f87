import { afterAll, beforeAll, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { chances, times } from '../helpers/deep.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useMailbox } from '../identity/auth/mailbox.ts';
import { mailOf, openWorld, type World } from '../isolation/world.ts';
import { probeEnv, readIntrinsics, unharmed } from './intrinsics.ts';
import { hostileRequests, type HostileRequest, type Usual } from './requests.ts';
import { closeConnections, send } from './send.ts';
import { readParameters, readRoutes } from './source.ts';

allowForLoad();

const db = useDatabase();
useMailbox();
const routes = readRoutes();
let world: World;

beforeAll(async () => {
  world = await openWorld(db, {
    ...probeEnv,
    // Takes all mail: that it cannot be sent is answered with 503, and rightly so.
    SMTP_URL: process.env['SMTP_URL'] ?? '',
  });
  await db.query(
    `insert into tenant_features (tenant_id, feature) select id, f from tenants,
     unnest(array['crm-push', 'lead-engine']) f on conflict do nothing`,
  );
});
afterAll(async () => {
  closeConnections();
  await world?.web.stop();
  await closeQueue();
});

/** Longer than any request may take on a busy machine, and shorter than for ever. */
const patienceMs = 30_000;

it(
  'no route answers 500 or nothing to whatever it is sent',
  async ({ task }) => {
    const total = times(2_000, 20_000);
    const requests = hostileRequests(
      routes,
      readParameters(),
      toUsual(world),
      chances('hostile requests'),
    );
    const counts = new Map<number, number>();
    const failures: string[] = [];
    const reached = new Set<string>();
    let sent = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (const request of requests) {
          if (sent >= total || failures.length > 20) return;
          sent += 1;
          if (sent % 25 === 0) await staySignedIn();
          const status = await ask(request, sent);
          counts.set(status, (counts.get(status) ?? 0) + 1);
          reached.add(request.route);
          if (isFailure(request, status)) failures.push(describe(request, status));
        }
      }),
    );
    const byStatus = [...counts].toSorted(([one], [other]) => one - other);
    task.meta.shown = {
      row: 'hostile requests to every route',
      figures: {
        sent,
        ...Object.fromEntries(byStatus.map(([status, count]) => [String(status), count])),
      },
    };
    expect(failures).toEqual([]);
    expect(routes.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([]);
    expect(counts.get(200) ?? 0, 'some get through').toBeGreaterThan(total / 5);
    expect(await readIntrinsics(world.web.pid)).toEqual(unharmed);
    expect((await world.web.visitor().fetch('/healthz')).status).toBe(200);
  },
  times(240_000, 1_800_000),
);

/** The page about errors answers with the status that it is for. */
const isFailure = ({ path }: HostileRequest, status: number): boolean =>
  (status === 0 || status >= 500) && !/^\/500(\?|$)/.test(path);

const describe = ({ method, path, headers, body }: HostileRequest, status: number): string =>
  [status, method, path.slice(0, 300), JSON.stringify(headers).slice(0, 200), body?.slice(0, 600)]
    .filter(Boolean)
    .join(' ');

/**
 * Some requests end the session, and many use up a limit: without this, most of what follows would
 * only be sent to the sign-in page.
 */
async function staySignedIn(): Promise<void> {
  await db.query(`delete from rate_limits`);
  const account = await world.clients['staff']?.fetch('/account');
  await account?.arrayBuffer();
  if (account?.status !== 200) world.clients['staff'] = await world.web.signIn(mailOf('staff'));
}

/** As staff, who may do everything; every tenth time as nobody. */
async function ask(request: HostileRequest, turn: number): Promise<number> {
  const cookies = [...(world.clients['staff']?.jar ?? [])].map((pair) => pair.join('=')).join('; ');
  const isSignedIn = turn % 10 !== 0 && !request.route.startsWith('sign-out');
  const headers = {
    ...(request.method !== 'GET' && { origin: world.web.url }),
    ...(isSignedIn && { cookie: cookies }),
    ...request.headers,
  };
  try {
    const { status } = await send(world.web.url, { ...request, headers }, patienceMs);
    return status;
  } catch {
    return 0;
  }
}

/** Rows that exist, for the parameters and fields that name one. */
function toUsual({ belongings: { alpha } }: World): Usual {
  return {
    tenant: 'alpha',
    slug: 'alpha',
    tenantId: alpha.tenant.id,
    connection: alpha.connection,
    connectionId: alpha.connection,
    lead: alpha.lead,
    leads: alpha.lead,
    leadId: alpha.lead,
    push: alpha.push,
    pushes: alpha.push,
    conflict: alpha.push,
    report: alpha.report,
    reports: alpha.report,
    record: alpha.record,
    'dead-letters': alpha.record,
    referrals: alpha.referral,
    consents: alpha.consent,
    invitation: alpha.invitation,
    userId: alpha.member,
    list: 'leads',
    format: 'csv',
    domain: 'acme.com',
    provider: 'clienttether',
    baseUrl: 'http://127.0.0.1:9/',
    path: 'leads',
    all: 'sign-in/email',
    email: 'somebody@people.test',
    role: 'viewer',
    stream: 'clients',
    kind: 'mapping',
    table: 'lead',
    'row.0.table': 'lead',
    'row.0.target': 'subject',
    'row.0.source': 'name',
    'add.lead.target': 'subject',
    scope: 'matching',
    feature: 'crm-push',
    period: 'custom',
    from: '2026-01-01',
    to: '2026-12-31',
    compare: 'previous',
    page: 'leads',
    limit: '10',
    state: 'Active/Accepted',
  };
}
