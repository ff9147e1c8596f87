import { expect } from 'vitest';
import { rowsAccount, startSandbox, type Kind, type PoisonName } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

/** What makes a record be rejected, and what is odd but can be kept as it is. */
const fatal = ['nul', 'lone_surrogate', 'missing_id'] as const satisfies PoisonName[];
const harmless = [
  'bad_date',
  'overflow_number',
  'huge_text',
  'bigint_id',
  'zero_date',
  'infinite_number',
  'wrong_type',
] as const satisfies PoisonName[];
const tables = { clients: 'leads', opportunities: 'opportunities' } as const;

/**
 * Poison among a thousand good records, one at a time: it alone is rejected, with its reason, and
 * everything else is as it was.
 */
export async function feedPoison(
  db: TestDatabase,
  { poisons }: { poisons: number },
): Promise<Figures> {
  const random = chances('poison');
  const rows = {
    clients: Array.from({ length: 200 }, (_, index) => client(1 + index)),
    opportunities: Array.from({ length: 800 }, (_, index) => opportunity(1 + index)),
  };
  const sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: 'poisoned', webKey: 'CT_poisoned', accessToken: 'token-poisoned', rows }),
    ],
  });
  const workspace = await createWorkspace(sandbox, 'poisoned');
  const tally = { setAside: 0, kept: 0 };
  await sync(workspace);
  for (let round = 0; round < poisons; round += 1) {
    const kind = random.pick(['clients', 'opportunities'] as const);
    // In turn, so that each kind of poison comes; the first rounds are those that are rejected.
    const poison = [...fatal, ...harmless][round % (fatal.length + harmless.length)] ?? 'nul';
    const before = await liveIn(db, kind, workspace);
    const { ids } = sandbox.clienttether.poison('poisoned', { kind, poison }) as { ids: string[] };
    const isFatal = (fatal as readonly string[]).includes(poison);
    const report = await sync(workspace);
    const errors = await db.query<{ stream: string; reason: string }>(
      'select stream, reason from record_errors where resolved_at is null',
    );
    expect(
      errors.map(({ stream }) => stream),
      `${poison} in ${kind}: ${JSON.stringify(errors)}`,
    ).toEqual(isFatal ? [kind] : []);
    for (const { reason } of errors) expect(reason, poison).toMatch(/^[A-Z].*\.$/s);
    expect(report.status, poison).toBe(isFatal ? 'partial' : 'success');
    expect(await liveIn(db, kind, workspace), poison).toBe(before + (isFatal ? 0 : 1));
    tally[isFatal ? 'setAside' : 'kept'] += 1;
    await takeAway(sandbox, kind, ids, workspace, db);
  }
  await expectExactRollups(db);
  await expectBalancedBooks(db);
  await sandbox.close(0);
  return {
    poisons,
    'good records beside': 1_000,
    'rejected with a reason': tally.setAside,
    'odd but kept': tally.kept,
  };
}

const sync = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });

async function liveIn(
  db: TestDatabase,
  kind: keyof typeof tables,
  { tenant }: Workspace,
): Promise<number> {
  const [row] = await db.query<{ live: number }>(
    `select count(*)::int as live from ${tables[kind]} where tenant_id = $1 and deleted_at is null`,
    [tenant.id],
  );
  return row?.live ?? -1;
}

/**
 * The source corrects itself: the record goes, and the record that was rejected because of it is
 * retried by hand.
 */
async function takeAway(
  sandbox: Awaited<ReturnType<typeof startSandbox>>,
  kind: Kind,
  ids: string[],
  workspace: Workspace,
  db: TestDatabase,
): Promise<void> {
  sandbox.clienttether.mutate('poisoned', {
    changes: ids.map((id) => ({ op: 'delete' as const, kind, id })),
  });
  await db.query(
    `update record_errors
     set resolved_at = now(), resolution = 'discarded'
     where resolved_at is null`,
  );
  expect((await sync(workspace)).status).toBe('success');
}
