import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { expectBalancedBooks, expectExactRollups, expectSameRows } from '../helpers/truth.ts';
import type { Workspace } from '../helpers/workspace.ts';
import { convergeAll } from './fleet.ts';
import { expectOrderlyWrites, expectPagesOnce } from './witness.ts';

/**
 * Lets every tenant come to its end, and compares it with its source: rows, rollups, books, pages,
 * and who wrote when.
 */
export async function expectWholeAgain(
  db: TestDatabase,
  sandbox: Sandbox,
  workspaces: readonly Workspace[],
): Promise<{ 'rows compared': number; pages: number; writes: number; takeovers: number }> {
  await convergeAll(db, workspaces);
  let rows = 0;
  for (const workspace of workspaces)
    rows += await expectSameRows(db, sandbox, workspace.tenant.slug, workspace);
  expect(rows).toBeGreaterThan(0);
  await expectExactRollups(db);
  await expectBalancedBooks(db);
  return {
    'rows compared': rows,
    pages: await expectPagesOnce(db),
    ...(await expectOrderlyWrites(db)),
  };
}
