import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { readContents, dryRun, emptyTables, replay, writtenRows } from '../helpers/replay.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  const rows = {
    clients: Array.from({ length: 25 }, (_, index) => client(1 + index)),
    opportunities: Array.from({ length: 25 }, (_, index) => opportunity(1 + index)),
  };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'moving', webKey: 'CT_m', accessToken: 'token-moving', rows })],
    now: Date.now() - 30 * 24 * 3_600_000,
  });
  workspace = await createWorkspace(sandbox, 'moving', 'moving', {
    timeZone: 'America/Denver',
    pageSize: 10,
  });
});
afterAll(() => sandbox.close());

const kinds = ['clients', 'opportunities', 'notes', 'events'] as const;
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  op: fc.constantFrom('add' as const, 'update' as const, 'update' as const, 'delete' as const),
  at: fc.nat(60),
  stage: fc.constantFrom('', 'FDD Sent', 'Prospecting', 'Won', 'Lost'),
  amount: fc.constantFrom('', '45000', 'call me', '99999999999999999'),
  days: fc.integer({ min: -9, max: 9 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const idField = {
  clients: 'client_id',
  opportunities: 'opportunity_id',
  notes: 'id',
  events: 'event_id',
};
const idsOf = (kind: Step['kind']) =>
  (sandbox.clienttether.truth('moving')[kind] ?? []).map((row) => String(row[idField[kind]]));

function rowOf({ kind, stage, amount, days, at }: Step): Record<string, unknown> {
  switch (kind) {
    case 'clients':
      return { clients_sales_cycle: stage, deal_size: amount };
    case 'opportunities':
      return { contact_sales_cycle: stage, deal_size: amount };
    case 'notes':
      return { content: `${stage} ${amount}` };
    case 'events':
      return {
        title: `Call ${at}`,
        start_date: new Date(sandbox.clock.now() + days * 24 * 3_600_000)
          .toISOString()
          .slice(0, 19)
          .replace('T', ' '),
      };
  }
}

function apply(one: Step): void {
  const ids = idsOf(one.kind);
  const id = ids[one.at % Math.max(1, ids.length)];
  const [parent] = idsOf('clients');
  if (one.kind === 'notes' && parent === undefined) return;
  const add = {
    op: 'add' as const,
    kind: one.kind,
    row: {
      ...rowOf(one),
      ...(one.kind === 'notes' && { contact_id: parent }),
      ...(one.kind === 'events' && { event_type: 'appt' }),
    },
  };
  sandbox.clienttether.mutate('moving', {
    changes: [
      one.op === 'add' || id === undefined
        ? add
        : { op: one.op, kind: one.kind, id, row: rowOf(one) },
    ],
  });
}

describe('a replay, whatever has happened at the source', () => {
  it('changes nothing, does what its dry run says, and brings emptied tables back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        async (rounds) => {
          for (const steps of rounds) {
            steps.forEach(apply);
            sandbox.clock.shift(24 * 3_600_000);
            await syncConnection({
              tenantId: workspace.tenant.id,
              connectionId: workspace.connection.id,
              trigger: 'cli',
              acceptDeletions: true,
            });
          }
          const before = { contents: await readContents(db), written: await writtenRows(db) };
          expect((await replay(workspace)).recordsUpdated).toBe(0);
          expect(await writtenRows(db)).toEqual(before.written);
          await emptyTables(db);
          const dry = await dryRun(workspace);
          const { streams } = await replay(workspace);
          expect(await readContents(db)).toEqual(before.contents);
          const figures = (found: typeof streams | typeof dry.streams) =>
            found.map(({ stream, fetched, inserted, changed, unchanged, rejected, deleted }) => ({
              stream,
              fetched,
              inserted,
              changed,
              unchanged,
              rejected,
              deleted,
            }));
          expect(figures(streams)).toEqual(figures(dry.streams));
          await expectExactRollups(db);
          await expectBalancedBooks(db);
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
