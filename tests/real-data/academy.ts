import {
  csvAccount,
  leadsCsvMapping,
  opportunitiesCsvMapping,
  rowsAccount,
  startSandbox,
  type AccountSpec,
  type Row,
  type Sandbox,
} from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { RunReport } from '#lib/ingest/types.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';
import { files, linesOf } from './files.ts';
import { likely, lostStages } from './truth.ts';

export interface Academy {
  sandbox: Sandbox;
  workspace: Workspace;
  /**
   * The second workspace: the same leads, with the columns that hold "Select" as source and stage.
   */
  survey: Workspace;
  first: RunReport;
  web: Web;
  /** Signed in as a member of each. */
  member: WebClient;
  surveyor: WebClient;
  stop(): Promise<void>;
}

const hour = 3_600_000;

/**
 * Activities ahead of now and behind it, in no order of time; the schedule lists the next hundred
 * of those ahead.
 */
export const planned = linesOfLeads(130).map((line, index) => ({
  id: String(7000 + index),
  type: line['Last Activity'] ?? '',
  scheduled_at: new Date(
    Math.floor(Date.now() / hour) * hour +
      (index < 120 ? 24 + ((index * 37) % 120) : -(index - 100)) * hour,
  ).toISOString(),
  contact_name: `Prospect ${line['Lead Number']}`,
  description: line['Last Notable Activity'] ?? '',
}));

/**
 * A note for every lead that somebody tagged, a minute apart in the order of the file: the file has
 * no dates for them.
 */
export const written = linesOfLeads()
  .filter((line) => line['Tags'] !== '')
  .map((line, index) => ({
    id: String(100_000 + index),
    contact_id: line['Lead Number'] ?? '',
    author: line['Lead Origin'] ?? '',
    content: line['Tags'] ?? '',
    date: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
  }));

const lastContacts = new Map(
  written.map(({ contact_id, date }) => [`Prospect ${contact_id}`, date]),
);
/** When the only note about a lead was written (ISO), by the name of the lead. */
export const lastContactOf = (name: string): string | null => lastContacts.get(name) ?? null;

function linesOfLeads(most = Infinity) {
  return linesOf('leads').slice(0, most);
}

/**
 * The files in a workspace: served by the sandbox over HTTP, synced, and shown by the running web
 * application.
 */
export async function openAcademy(databaseUrl: string): Promise<Academy> {
  const sandbox = await startSandbox({ accounts: [academyAccount(), surveyAccount()] });
  const stages = Object.fromEntries(
    Object.entries(likely).map(([name, likelyPct]) => [
      name,
      { likelyPct, ...(lostStages.includes(name) ? { outcome: 'lost' } : {}) },
    ]),
  );
  const fields = { market: 'office', units: 'thousands', franchiseFee: 'revenue' };
  const workspace = await createWorkspace(sandbox, 'academy', 'academy', { stages, fields });
  const survey = await createWorkspace(sandbox, 'survey');
  const first = await syncOf(workspace);
  await syncOf(survey);
  await createUser({
    email: 'member@academy.test',
    password,
    tenantSlug: 'academy',
    role: 'member',
  });
  await createUser({ email: 'member@survey.test', password, tenantSlug: 'survey', role: 'member' });
  const web = await startWeb(databaseUrl);
  const member = await web.signIn('member@academy.test');
  const stop = async () => {
    await web.stop();
    await sandbox.close();
  };
  return {
    sandbox,
    workspace,
    survey,
    first,
    web,
    member,
    surveyor: await web.signIn('member@survey.test'),
    stop,
  };
}

export function syncOf({ tenant, connection }: Workspace): Promise<RunReport> {
  return syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
}

function academyAccount(): AccountSpec {
  const accounts = new Map(linesOf('accounts').map((line) => [line['account'], line]));
  const spec = csvAccount({
    name: 'academy',
    webKey: 'CT_academy',
    accessToken: 'token-academy',
    clients: { path: files.leads, map: leadsCsvMapping() },
    opportunities: {
      path: files.opportunities,
      map: (line, index) => {
        const account = accounts.get(line['account'] ?? '');
        const custom =
          account === undefined
            ? {}
            : {
                office: account['office_location'],
                thousands: String(Math.floor(Number(account['employees']) / 1000)),
                revenue: account['revenue'],
              };
        return { ...opportunitiesCsvMapping(line, index), ...custom };
      },
    },
  });
  return withRows(spec, { notes: written, activities: planned });
}

/** The sandbox serves what it is told; the loader itself knows clients and opportunities only. */
function withRows(spec: AccountSpec, rows: { notes: Row[]; activities: Row[] }): AccountSpec {
  const sourceDate = (at: unknown) => String(at).slice(0, 19).replace('T', ' ');
  return {
    ...spec,
    populate: (account) => {
      spec.populate?.(account);
      for (const row of rows.notes) account.notes.add({ ...row, date: sourceDate(row['date']) });
      for (const row of rows.activities)
        account.activities.add({
          status: 'Scheduled',
          ...row,
          scheduled_at: sourceDate(row['scheduled_at']),
        });
    },
  };
}

/** Every client costs a request for its notes, so that this account stays small. */
export const surveyed = 1_000;

function surveyAccount(): AccountSpec {
  const map = leadsCsvMapping();
  const clients = linesOf('leads')
    .slice(0, surveyed)
    .map((line, index) => ({
      ...map(line, index),
      clients_lead_source: line['How did you hear about X Education'],
      clients_sales_cycle: line['Lead Profile'],
    }));
  return rowsAccount({
    name: 'survey',
    webKey: 'CT_survey',
    accessToken: 'token-survey',
    rows: { clients },
  });
}
