/*
 * A workspace that pushes to a CRM and reads back what changed there.
 */
import { afterAll, beforeAll, expect } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import {
  addLeads,
  org,
  push,
  pushOf,
  pushStage,
  there,
  truth,
  type GivenLead,
  type PushStage,
} from './stage.ts';
import { syncAndPull } from '../helpers/sync.ts';

export const db = useDatabase();
export let sandbox: Sandbox;
export let stage: PushStage;
export let person: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
  person = (
    await createUser({
      email: 'ann@push.test',
      password: 'correct horse battery',
      tenantSlug: stage.slug,
      role: 'admin',
      name: 'Ann Admin',
    })
  ).user.id;
});
afterAll(() => sandbox.close(0));

/** A lead of ours that is in the CRM, whose copy was read back. */
export async function pushed(given: GivenLead = {}): Promise<{ leadId: string; remoteId: string }> {
  const [leadId = ''] = await addLeads(stage, [given]);
  await withTenant(stage.tenantId, (tx) => recountSummaries(tx, 'lead', stage.tenantId));
  await push(stage, [leadId]);
  await readBack();
  const { remoteId } = await pushOf(stage, leadId);
  return { leadId, remoteId: remoteId ?? '' };
}

export async function readBack(): Promise<void> {
  const report = await syncAndPull(stage);
  expect(report.errorMessage).toBeNull();
}

export const change = (id: string, row: Record<string, string | number | null>) =>
  there(stage, [{ op: 'update', kind: 'lead', id, row }]);
export const leadRow = async (leadId: string) =>
  (
    await db.query<Record<string, unknown>>(
      `select name, company, phone, email, deal_value::float8 as value, push_state as shown,
         mirror_of as mirror
       from leads
       where id = $1`,
      [leadId],
    )
  )[0];
export const open = (leadId: string) =>
  db.query<{
    id: string;
    field: string;
    ours: string | null;
    theirs: string | null;
    base: string | null;
  }>(
    `select c.id, c.field, c.ours, c.theirs, c.base
     from push_conflicts c
     join pushes p on p.id = c.push_id
     where p.lead_id = $1 and c.resolved_at is null
     order by c.field`,
    [leadId],
  );
export const ofThere = (remoteId: string) =>
  truth(stage, 'lead').find((row) => row['leadid'] === remoteId);
export const ourChange = (leadId: string, company: string) =>
  db.query('update leads set company = $2 where id = $1', [leadId, company]);
