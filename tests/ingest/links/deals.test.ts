import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { applyDeletion } from '#lib/ingest/apply.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { useDatabase } from '../../helpers/database.ts';
import { expectExactRollups } from '../../helpers/truth.ts';
import { org, push, pushOf, there } from '../../outbound/stage.ts';
import {
  countPipeline,
  createLinkStage,
  dealsOf,
  readCrm,
  readSource,
  scoreLeads,
  sourceRows,
  type LinkStage,
} from './stage.ts';

const db = useDatabase();
let sandbox: Sandbox;
let stage: LinkStage;

beforeEach(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'source',
        webKey: 'CT_links',
        accessToken: 'links-token-0123',
        rows: sourceRows,
      }),
    ],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await createLinkStage(db, sandbox, 'source');
});
afterEach(() => sandbox.close(0));

/** The source is read and its first lead pushed, with a deal. */
async function pushPat(): Promise<{ leadId: string; dealId: string; remoteId: string }> {
  await readSource(stage);
  const leadId = (await scoreLeads(stage)).get('Pat Ellery') ?? '';
  await push(stage, [leadId]);
  const { remoteIds, remoteId, error } = await pushOf(stage, leadId);
  expect(error).toBeNull();
  return { leadId, dealId: remoteIds['deal'] ?? '', remoteId: remoteId ?? '' };
}

const standsFor = async (externalId: string) =>
  (await dealsOf(stage)).find((deal) => deal.externalId === externalId)?.standsFor;

describe('a deal that a push made', () => {
  it('is one line with the deal of the source, and counted once', async () => {
    const { dealId } = await pushPat();
    const before = await countPipeline(stage);
    expect(before).toMatchObject({ count: 2, hot: 2 });
    await readCrm(stage);
    expect(await standsFor(dealId)).toBe('11');
    expect(await countPipeline(stage)).toEqual(before);
    await expectExactRollups(db);
  });

  it('is one line as well when the CRM is read before the source has the deal', async () => {
    await readSource(stage);
    await withTenant(stage.tenantId, (tx) =>
      applyDeletion(tx, sourceStream(), 'opportunity', sql`true`, new Date()),
    );
    const leadId = (await scoreLeads(stage)).get('Pat Ellery') ?? '';
    await push(stage, [leadId]);
    const dealId = (await pushOf(stage, leadId)).remoteIds['deal'] ?? '';
    await readCrm(stage);
    expect(await standsFor(dealId)).toBe(dealId);
    expect(await countPipeline(stage)).toMatchObject({ count: 1 });
    await readSource(stage);
    expect(await standsFor(dealId)).toBe('11');
    expect(await countPipeline(stage)).toMatchObject({ count: 2 });
    await expectExactRollups(db);
  });

  it('is shown again when the deal of the source is gone, and hidden when it is back', async () => {
    const { dealId } = await pushPat();
    await readCrm(stage);
    await withTenant(stage.tenantId, (tx) =>
      applyDeletion(tx, sourceStream(), 'opportunity', sql`external_id = '11'`, new Date()),
    );
    expect(await standsFor(dealId)).toBe(dealId);
    expect(await countPipeline(stage)).toMatchObject({ count: 2 });
    await expectExactRollups(db);
    await readSource(stage);
    expect(await standsFor(dealId)).toBe('11');
    await expectExactRollups(db);
  });

  it('stays one line through syncs that change nothing and through replays', async () => {
    const { dealId } = await pushPat();
    await readCrm(stage);
    const before = [await dealsOf(stage), await linksOf(stage)];
    await readCrm(stage);
    const { tenantId, connectionId, sourceId } = stage;
    for (const id of [connectionId, sourceId])
      await replayConnection({ tenantId, connectionId: id, trigger: 'replay' });
    expect([await dealsOf(stage), await linksOf(stage)]).toEqual(before);
    expect(await standsFor(dealId)).toBe('11');
    await expectExactRollups(db);
  });

  it('is one line whichever of two syncs at once comes first', async () => {
    const { dealId } = await pushPat();
    const { tenantId, sourceId } = stage;
    for (const table of ['opportunities', 'stream_states', 'hot_list_items'])
      await db.query(`delete from ${table} where tenant_id = $1`, [tenantId]);
    await withTenant(tenantId, (tx) => recountSummaries(tx, 'opportunity', tenantId));
    await Promise.all([readSource(stage), readCrm(stage)]);
    expect(await standsFor(dealId)).toBe('11');
    await expectExactRollups(db);
    await Promise.all([
      readCrm(stage),
      replayConnection({ tenantId, connectionId: sourceId, trigger: 'replay' }),
    ]);
    expect(await standsFor(dealId)).toBe('11');
    await expectExactRollups(db);
  });

  it('is found again by a replay where links are older than the copies', async () => {
    const { dealId } = await pushPat();
    await readCrm(stage);
    await db.query('update opportunities set mirror_of = null where tenant_id = $1', [
      stage.tenantId,
    ]);
    const { tenantId, connectionId } = stage;
    await replayConnection({ tenantId, connectionId, trigger: 'replay' });
    expect(await standsFor(dealId)).toBe('11');
    await expectExactRollups(db);
  });

  it('stays beside the deal of another person of the same name and company', async () => {
    await readSource(stage);
    await db.query(
      `update leads set name = 'Pat Ellery', sort_name = 'pat ellery', company = 'Ellery Ventures'
       where tenant_id = $1 and external_id = '2'`,
      [stage.tenantId],
    );
    const { dealId } = await pushPat();
    await readCrm(stage);
    expect(await standsFor(dealId)).toBe(dealId);
  });

  it('is not hidden by a lead of the same name in another workspace', async () => {
    const other = await createLinkStage(db, sandbox, 'source');
    await readSource(other);
    await readCrm(other);
    const { dealId } = await pushPat();
    await readCrm(stage);
    await readCrm(other);
    const theirs = (await dealsOf(other)).find(({ externalId }) => externalId === dealId);
    expect(theirs?.standsFor).toBe(dealId);
    expect(await linksOf(other)).not.toContainEqual(expect.objectContaining({ origin: 'push' }));
    await expectExactRollups(db);
  });
});

describe('a deal that people made of a pushed lead', () => {
  it('is one line with the deal of the source, by what the CRM states', async () => {
    await readSource(stage);
    const leadId = (await scoreLeads(stage)).get('Sam Okafor') ?? '';
    await db.query('update leads set score = 10, sort_score = 10 where id = $1', [leadId]);
    await push(stage, [leadId]);
    const { remoteId, remoteIds } = await pushOf(stage, leadId);
    expect(remoteIds['deal']).toBeUndefined();
    const [dealId = ''] = there(stage, [
      {
        op: 'add',
        kind: 'opportunity',
        row: {
          name: 'Rollout for Okafor',
          originatingleadid: { table: 'lead', id: remoteId ?? '' },
          estimatedvalue: 5,
        },
      },
    ]);
    await readCrm(stage);
    expect(await linksOf(stage)).toContainEqual(
      expect.objectContaining({ origin: 'conversion', from: dealId, to: remoteId }),
    );
    expect(await standsFor(dealId)).toBe('12');
    there(stage, [
      { op: 'update', kind: 'opportunity', id: dealId, row: { originatingleadid: null } },
    ]);
    await readCrm(stage);
    expect(await standsFor(dealId)).toBe(dealId);
    await expectExactRollups(db);
  });
});

describe('an erased person', () => {
  it('takes every link along, and nothing stands for what is gone', async () => {
    const { leadId, remoteId } = await pushPat();
    await readCrm(stage);
    const [person] = await db.query<{ email: string }>('select email from leads where id = $1', [
      leadId,
    ]);
    const erasureId = await requestErasure(
      stage.tenantId,
      { email: person?.email ?? '' },
      { runsHere: true },
    );
    expect(await runErasure(stage.tenantId, erasureId)).toBe(true);
    expect(await linksOf(stage, '1')).toEqual([]);
    expect(await linksOf(stage, remoteId)).toEqual([]);
    await readSource(stage);
    await readCrm(stage);
    expect((await linksOf(stage)).flatMap(({ from, to }) => [from, to])).not.toContain('[erased]');
    const dangling = await db.query(
      `select from opportunities o where o.tenant_id = $1 and o.mirror_of is not null
         and not exists (select from opportunities s where s.id = o.mirror_of
           and s.deleted_at is null and s.mirror_of is null)`,
      [stage.tenantId],
    );
    expect(dangling).toEqual([]);
    await expectExactRollups(db);
  });
});

const sourceStream = () => ({
  tenantId: stage.tenantId,
  connectionId: stage.sourceId,
  stream: 'opportunities',
});

const linksOf = ({ tenantId }: LinkStage, externalId?: string) =>
  db.query<{ origin: string; from: string; to: string }>(
    `select origin, relation, from_entity, from_external_id as "from", to_entity,
       to_external_id as "to", matched_by
     from external_links
     where tenant_id = $1 and ($2::text is null or $2 in (from_external_id, to_external_id))
     order by 1, 2, 3, 4, 5, 6`,
    [tenantId, externalId ?? null],
  );
