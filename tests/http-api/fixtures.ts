import { afterAll, beforeAll } from 'vitest';
import { rowsAccount, startSandbox, type Row, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export interface Api {
  web: Web;
  sandbox: Sandbox;
  north: Workspace;
  south: Workspace;
  /** Signed in, by role in the workspace `north`. */
  viewer: WebClient;
  member: WebClient;
  /** A member of `south` only. */
  stranger: WebClient;
}

/**
 * Two workspaces synced from the sandbox, their people, and the running web application, whose
 * database has the URL that is known once the file has been set up. Call at the top of a file.
 */
export function useApi(databaseUrl: string | (() => string)): Api {
  const api = {} as Api;
  beforeAll(async () => {
    api.sandbox = await startSandbox({ accounts: [northAccount(), southAccount()] });
    api.north = await createWorkspace(api.sandbox, 'north', 'north', {
      timeZone: 'America/Denver',
    });
    api.south = await createWorkspace(api.sandbox, 'south');
    for (const { tenant, connection } of [api.north, api.south])
      await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
    await createUser({ email: 'viewer@north.test', password, tenantSlug: 'north', role: 'viewer' });
    await createUser({ email: 'member@north.test', password, tenantSlug: 'north', role: 'member' });
    await createUser({ email: 'member@south.test', password, tenantSlug: 'south', role: 'member' });
    api.web = await startWeb(typeof databaseUrl === 'string' ? databaseUrl : databaseUrl());
    api.viewer = await api.web.signIn('viewer@north.test');
    api.member = await api.web.signIn('member@north.test');
    api.stranger = await api.web.signIn('member@south.test');
  });
  afterAll(async () => {
    await api.web?.stop();
    await api.sandbox?.close();
  });
  return api;
}

/** Names and notes as people and attackers write them. */
const names = [
  '=1+1',
  '+1 (303) 555-0101',
  '-2+3',
  '@SUM(A1)',
  "O'Neil",
  '"Quoted", and comma',
  'Zoë Łukasiewicz',
  '=HYPERLINK("http://x.test","y")',
  '-12',
  '1,000',
];
const noteTexts = [
  '100% sure',
  '100 percent sure',
  'a_b',
  'aXb',
  `it's "quoted"`,
  'back\\slash',
  '=cmd|calc',
  "'; drop table notes; --",
  'two\nlines',
  'three\n\nlines\rin all',
  '- call\n- write',
  'Budget;=1+1',
  '\u{200b}=1+1',
  'The field _x0041_ and _x000D_',
  '00123456789012345678',
];

function northAccount() {
  const clients = Array.from({ length: 60 }, (_, index) =>
    client(1 + index, {
      lastName: names[index] === undefined ? `Lead ${index}` : '',
      firstName: names[index] ?? 'Ada',
      clients_lead_source: ['Website', 'Referral', ''][index % 3],
      clients_sales_cycle: index % 4 === 0 ? '' : 'FDD Sent',
      deal_size: index % 2 === 0 ? '' : String(index * 1000),
      created: index % 10 === 9 ? '0000-00-00 00:00:00' : `2026-0${1 + (index % 9)}-15 03:30:00`,
    }),
  );
  const opportunities = Array.from({ length: 45 }, (_, index) =>
    opportunity(500 + index, {
      contact_sales_cycle: ['FDD Sent', 'Won', 'Lost'][index % 3],
      market: index % 5 === 0 ? '' : 'Denver, CO',
      deal_size: String(40_000 + index),
    }),
  );
  const notes = Array.from({ length: 120 }, (_, index) => ({
    id: String(9000 + index),
    contact_id: String(1 + (index % 60)),
    date: `2026-05-${String(1 + (index % 28)).padStart(2, '0')} 12:00:00`,
    author: index % 2 === 0 ? 'Dana Prescott' : 'Sam 50%',
    content: noteTexts[index] ?? `Note ${index}`,
  }));
  return rowsAccount({
    name: 'north',
    webKey: 'CT_n',
    accessToken: 'token-north',
    rows: { clients, opportunities, notes, activities: activities(130, 20) },
  });
}

function southAccount() {
  const clients = [client(1, { firstName: 'Canary', lastName: 'South' })];
  const notes = [
    {
      id: '1',
      contact_id: '1',
      date: '2026-05-01 12:00:00',
      author: 'Canary South',
      content: 'Canary South',
    },
  ];
  return rowsAccount({
    name: 'south',
    webKey: 'CT_s',
    accessToken: 'token-south',
    rows: {
      clients,
      notes,
      activities: [{ ...activities(1, 0)[0], contact_name: 'Canary South' }],
    },
  });
}

/** So many activities ahead and behind, in no order of time. */
function activities(ahead: number, behind: number): Row[] {
  const at = (hours: number) =>
    new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = Array.from({ length: ahead + behind }, (_, index) => ({
    id: String(7000 + index),
    type: 'Call',
    scheduled_at: at(48 + ((index * 37) % ahead) - (index >= ahead ? 24 * 400 : 0)),
    contact_name: `Contact ${index}`,
    description: '+call back',
    status: 'Scheduled',
  }));
  return rows;
}
