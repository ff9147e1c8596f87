import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  const rows = {
    clients: Array.from({ length: 40 }, (_, index) => client(1 + index)),
    opportunities: Array.from({ length: 40 }, (_, index) => opportunity(1 + index)),
  };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'moving', webKey: 'CT_m', accessToken: 'token-moving', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'moving', 'moving', { timeZone: 'America/Denver' });
});
afterAll(() => sandbox.close());

const kind = fc.constantFrom('clients' as const, 'opportunities' as const);
const stage = fc.constantFrom(
  '',
  'FDD Sent',
  'Prospecting',
  'Won',
  'Lost',
  'FA Signed',
  'Something Else',
);
const amount = fc.constantFrom('', '0', '45000', '$12,345.67', '99999999.99', 'call me');
const date = fc.constantFrom(
  '0000-00-00 00:00:00',
  '2026-03-01 03:00:00',
  '2026-03-01 10:00:00',
  '2025-12-31 23:59:59',
);
const fields = fc.record({
  stage,
  amount,
  date,
  source: fc.constantFrom('', 'Select', 'google', 'Google', 'Referral'),
  units: fc.constantFrom('', '1', '3', 'x'),
});
const step = fc.record({
  kind,
  op: fc.constantFrom('add' as const, 'update' as const, 'delete' as const),
  at: fc.nat(60),
  fields,
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function rowOf({ kind: of, fields: f }: Step) {
  const prefix = of === 'clients' ? 'clients' : 'contact';
  return {
    [`${prefix}_sales_cycle`]: f.stage,
    [`${prefix}_lead_source`]: f.source,
    deal_size: f.amount,
    created: f.date,
    ...(of === 'opportunities' ? { units: f.units } : {}),
  };
}

function apply(one: Step): void {
  const id = of(one.kind)[one.at % Math.max(1, of(one.kind).length)];
  const change =
    one.op === 'add' || id === undefined
      ? { op: 'add' as const, kind: one.kind, row: rowOf(one) }
      : { op: one.op, kind: one.kind, id, row: rowOf(one) };
  sandbox.clienttether.mutate('moving', { changes: [change] });
}

const of = (which: 'clients' | 'opportunities') =>
  (sandbox.clienttether.truth('moving')[which] ?? []).map((row) =>
    String(row[which === 'clients' ? 'client_id' : 'opportunity_id']),
  );

describe('rollups', () => {
  it('equal a GROUP BY over the rows after every sync, whatever the source does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        steps.forEach(apply);
        const report = await syncConnection({
          tenantId: workspace.tenant.id,
          connectionId: workspace.connection.id,
          trigger: 'cli',
          acceptDeletions: true,
        });
        expect(report.errorMessage).toBeNull();
        await expectExactRollups(db);
        await expectTruth(db, sandbox, 'moving', workspace);
        await expectBalancedBooks(db);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
