import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { mapByDefault } from '#lib/connectors/mapped-stream.ts';
import { getProvider } from '#lib/connectors/registry.ts';
import type { Cursor } from '#lib/connectors/contract/source.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { readDuePartitions } from '#lib/ingest/partitions.ts';
import { keepAll } from '#lib/ingest/suppression/retention-rule.ts';
import { noSuppression } from '#lib/ingest/suppression/suppression.ts';
import { createCounters, type Pass, type Source } from '#lib/ingest/types.ts';
import { useDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  const rows = { clients: Array.from({ length: 250 }, (_, index) => client(1 + index)) };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'many', webKey: 'CT_many', accessToken: 'token-many', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'many');
  await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
});
afterAll(() => sandbox.close());

const provider = getProvider('clienttether');
const streams = await Promise.all(
  provider.streams.map((stream) =>
    mapByDefault(stream, { settings: provider.settings.parse({}), currency: 'USD' }),
  ),
);
const notes = streams.find(({ name }) => name === 'notes');

function passAt(cursor: Cursor, highWater: Cursor, hour = 0): Pass {
  return {
    id: 'x',
    startedAt: new Date(Date.UTC(2026, 10, 20, hour)),
    span: { mode: 'full', since: null, token: null },
    cursor,
    highWater,
    intervals: [],
    newest: undefined,
    hasGap: false,
    expected: null,
    pages: 0,
    version: 1,
    hasErrors: false,
    corrections: new Map(),
    suppression: noSuppression,
    retention: keepAll,
    counters: createCounters(),
  };
}

/** The parents that a pass would read, batch by batch. */
async function walk(pass: Pass): Promise<{ ids: string[]; cursor: Cursor }[]> {
  if (notes === undefined) throw new Error('There is no stream of notes');
  const source = {
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    streams,
  } as unknown as Source;
  return Array.fromAsync(readDuePartitions(source, notes, pass));
}

describe('the parents that are due', () => {
  it('are all of them, each once, on the first pass', async () => {
    const batches = await walk(passAt(null, null));
    expect(batches.map(({ ids }) => ids.length)).toEqual([100, 100, 50]);
    expect(new Set(batches.flatMap(({ ids }) => ids)).size).toBe(250);
  });

  it('are, when nothing has changed, each once within a day', async () => {
    const [{ high_water: highWater } = { high_water: null }] = await db.query<{
      high_water: Cursor;
    }>(`select high_water from stream_states where stream = 'notes'`);
    const day = [];
    for (let hour = 0; hour < 24; hour += 1)
      day.push(...(await walk(passAt(null, highWater, hour))).flatMap(({ ids }) => ids));
    expect(day.length).toBe(250);
    expect(new Set(day).size).toBe(250);
  });

  it('go on where a pass was broken off; what it had read is not due again', async () => {
    const [first, second] = await walk(passAt(null, null));
    const resumed = passAt(second?.cursor ?? null, null);
    const rest = await walk(resumed);
    expect(rest[0]?.ids).toHaveLength(50);
    // Broken off in the share of the hour, behind the last one that had changed.
    const behind = { ...(rest[0]?.cursor as object), sweep: { slot: 3, id: null } } as Cursor;
    const late = passAt(behind, first?.cursor ?? null);
    await walk(late);
    expect(late.highWater).toEqual({ ...(behind as object), sweep: null });
  });
});
