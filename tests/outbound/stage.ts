import { randomUUID } from 'node:crypto';
import type { DynamicsChange, DynamicsSpec, Sandbox } from '../../sandbox/index.ts';
import { createConnection, type NewConnection } from '#lib/connections/connections.ts';
import { requestPushes } from '#lib/outbound/push/request.ts';
import { pushSlice, type PushSliceResult } from '#lib/outbound/push/run.ts';
import { setFeature } from '#lib/identity/features.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import type { TestDatabase } from '../helpers/database.ts';

export const org: DynamicsSpec = {
  name: 'crm',
  label: 'Crm',
  tenant: 'crm-directory',
  clientId: 'crm-app',
  clientSecret: 'crm-secret-0123',
  seed: 'crm',
  leads: 0,
  countedOn: Date.UTC(2026, 10, 20),
  limits: { requests: 1_000_000, concurrent: 1_000 },
};

/**
 * A workspace that may push, with its connection to an environment and one to a source of leads.
 */
export interface PushStage {
  db: TestDatabase;
  sandbox: Sandbox;
  tenantId: string;
  slug: string;
  connectionId: string;
  sourceId: string;
  account: string;
}

let number = 0;

/** The CRM that a workspace pushes to: a connection, and the account behind it in the sandbox. */
interface Destination extends Pick<NewConnection, 'provider' | 'settings' | 'secrets'> {
  account: string;
}

export async function createPushStage(
  db: TestDatabase,
  sandbox: Sandbox,
  { account, ...crm }: Destination,
): Promise<PushStage> {
  number += 1;
  const slug = `push-${number}`;
  const { id: tenantId } = await createTenant({ slug, name: `Push ${number}` });
  await setFeature(tenantId, 'crm-push', true, null);
  const { id: connectionId } = await createConnection({ tenantId, ...crm });
  const { id: sourceId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets: { webKey: 'CT_source', accessToken: 'source-token-0123' },
  });
  return { db, sandbox, tenantId, slug, connectionId, sourceId, account };
}

/** As `createPushStage`, with an environment of Dynamics 365. */
export function pushStage(
  db: TestDatabase,
  sandbox: Sandbox,
  { spec = org, settings = {} }: { spec?: DynamicsSpec; settings?: Record<string, unknown> } = {},
): Promise<PushStage> {
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  return createPushStage(db, sandbox, {
    provider: 'dynamics-365',
    settings: { baseUrl, loginUrl, tenantId: spec.tenant, clientId: spec.clientId, ...settings },
    secrets: { clientSecret: spec.clientSecret },
    account: spec.name,
  });
}

export interface GivenLead {
  name?: string;
  company?: string | null;
  email?: string | null;
  website?: string | null;
  domain?: string | null;
  phone?: string | null;
  dealValue?: number | null;
  score?: number | null;
  segment?: string | null;
  priority?: number | null;
}

/**
 * Stores leads as a sync and the lead engine would have left them. Returns their ids, in the
 * order given.
 */
export async function addLeads(
  { db, tenantId, sourceId }: PushStage,
  given: readonly GivenLead[],
): Promise<string[]> {
  const rows = given.map((lead) => {
    const id = randomUUID();
    const domain = lead.domain === undefined ? `${id.slice(0, 8)}.example.com` : lead.domain;
    return {
      id,
      name: 'Ada Lovelace',
      company: `Company ${id.slice(0, 8)}`,
      email: domain === null ? null : `ada@${domain}`,
      website: null,
      phone: '+1 555 0100',
      dealValue: 1200,
      score: null,
      segment: null,
      priority: null,
      ...lead,
      domain,
    };
  });
  await db.query(
    `insert into leads (tenant_id, id, connection_id, provider, stream, external_id, content_hash,
       raw_json, snapshot_id, first_seen_at, changed_at, name, sort_name, company, email, website,
       domain, phone, status, qualified,
       deal_value, sort_cents, score, sort_score, segment, priority)
     select $1, l.id, $2, 'clienttether', 'clients', l.id::text, 'hash', '{}', l.id, now(), now(),
       l.name, lower(l.name), l.company, l.email, l.website, l.domain, l.phone, 'New Lead', false,
       l."dealValue", coalesce(l."dealValue" * 100, -1), l.score, coalesce(l.score, -1), l.segment,
         l.priority
     from jsonb_to_recordset($3::jsonb) as l
       (id uuid, name text, company text, email text, website text, domain text, phone text,
       "dealValue" numeric, score int, segment text, priority int)`,
    [tenantId, sourceId, JSON.stringify(rows)],
  );
  return rows.map(({ id }) => id);
}

export const ask = ({ tenantId, connectionId }: PushStage, leadIds: readonly string[]) =>
  requestPushes(tenantId, { connectionId, leadIds }, null);
export const slice = (
  { tenantId, connectionId }: PushStage,
  more: object = {},
): Promise<PushSliceResult> => pushSlice({ tenantId, connectionId, ...more });

/** Pushes until nothing is due any more, waiting for retries as the queue does. */
export async function drain(
  stage: PushStage,
  patienceMs = 60_000,
): Promise<PushSliceResult['tally']> {
  const total: Record<string, number> = {};
  for (const deadline = Date.now() + patienceMs; ;) {
    const { tally, next } = await slice(stage);
    for (const [kind, count] of Object.entries(tally)) total[kind] = (total[kind] ?? 0) + count;
    if (next === null) return total as PushSliceResult['tally'];
    if (Date.now() > deadline) throw new Error(`Pushes are still due: ${JSON.stringify(total)}`);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(Math.max(next.getTime() - Date.now(), 5), 500)),
    );
  }
}

export async function push(
  stage: PushStage,
  leadIds: readonly string[],
): Promise<PushSliceResult['tally']> {
  await ask(stage, leadIds);
  return drain(stage);
}

export interface PushRow {
  state: string;
  attempts: number;
  remoteId: string | null;
  remoteIds: Record<string, string>;
  error: string | null;
  dueAt: Date | null;
  shown: string;
  base: Record<string, unknown> | null;
  syncedAt: Date | null;
}

export async function pushOf(
  { db, tenantId }: PushStage,
  leadId: string | undefined,
): Promise<PushRow> {
  const [row] = await db.query<PushRow & Record<string, unknown>>(
    `select p.state, p.attempts, p.remote_id as "remoteId", p.remote_ids as "remoteIds",
       p.error_message as error, p.due_at as "dueAt", l.push_state as shown, p.base,
       p.synced_at as "syncedAt"
     from pushes p
     join leads l on l.tenant_id = p.tenant_id and l.id = p.lead_id
     where p.tenant_id = $1 and p.lead_id = $2`,
    [tenantId, leadId],
  );
  if (row === undefined) throw new Error('no such push');
  return row;
}

export const eventsOf = ({ db, tenantId }: PushStage, leadId: string | undefined) =>
  db.query<{
    step: string;
    method: string | null;
    path: string | null;
    status: number | null;
    outcome: string;
    message: string | null;
    request: unknown;
    response: unknown;
    attempt: number;
  }>(
    `select e.step, e.method, e.path, e.status, e.outcome, e.message, e.request, e.response,
       e.attempt
     from push_events e
     join pushes p on p.tenant_id = e.tenant_id and p.id = e.push_id
     where p.tenant_id = $1 and p.lead_id = $2
     order by e.id`,
    [tenantId, leadId],
  );

type Row = Record<string, unknown>;
export const truth = ({ sandbox, account }: PushStage, kind: string): Row[] =>
  (sandbox.dynamics365.truth(account, kind)[kind] ?? []) as Row[];

/** Changes as people make them there. */
export const there = ({ sandbox, account }: PushStage, changes: DynamicsChange[]): string[] =>
  (sandbox.dynamics365.mutate(account, { changes }) as { ids: string[] }).ids;

/** Lets the next slice ask for a token again, without the wait that follows a refusal. */
export async function forgetRefusal({ db, tenantId }: PushStage): Promise<void> {
  await db.query('update credentials set lease_until = null where tenant_id = $1', [tenantId]);
  await db.query('update rate_budgets set blocked_until = null where tenant_id = $1', [tenantId]);
}
