import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { linkLead, rejectLink, withdrawLink } from '#lib/ingest/links/manual.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { readLeadLinks } from '#lib/views/lead-links.ts';
import { client, opportunity } from '../../helpers/rows.ts';
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

const rows = {
  clients: [
    ...sourceRows.clients,
    client(3, { firstName: 'Ada', lastName: 'Mail', email: 'ADA@Fallowfield.example' }),
    client(4, { firstName: 'Bob', lastName: 'Mail', email: 'bob@gmail.com' }),
    client(5, { firstName: 'Cy', lastName: 'Own', email: 'cy@own.example' }),
  ],
  opportunities: [...sourceRows.opportunities, opportunity(13)],
};

beforeEach(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: 'source', webKey: 'CT_links', accessToken: 'links-token-0123', rows }),
    ],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await createLinkStage(db, sandbox, 'source');
  await createUser({
    email: `${stage.slug}@own.example`,
    password: 'correct horse battery',
    tenantSlug: stage.slug,
    role: 'admin',
    name: 'Ann Admin',
  });
});
afterEach(() => sandbox.close(0));

const leadIdOf = async (externalId: string) =>
  (
    await db.query<{ id: string }>(
      `select id from leads where tenant_id = $1 and connection_id = $2 and external_id = $3`,
      [stage.tenantId, stage.sourceId, externalId],
    )
  )[0]?.id ?? '';

/** What the page of a lead shows, by record. */
const shownOf = async (externalId: string) => {
  const lead = { connectionId: stage.sourceId, externalId };
  const { links } = await withTenant(stage.tenantId, (tx) =>
    readLeadLinks(tx, stage.tenantId, lead),
  );
  return links;
};
const wordsOf = async (externalId: string) =>
  (await shownOf(externalId)).map(({ entity, origin, matchedBy, rejected }) =>
    [entity, origin, matchedBy, ...(rejected ? ['rejected'] : [])].filter(Boolean).join(' '),
  );

/** People and companies in the CRM; returns their ids. */
const addPeople = () =>
  there(stage, [
    { op: 'add', kind: 'account', row: { name: 'Fallowfield', websiteurl: 'fallowfield.example' } },
    {
      op: 'add',
      kind: 'contact',
      row: { lastname: 'Mail', emailaddress1: 'ada@fallowfield.example' },
    },
    { op: 'add', kind: 'contact', row: { lastname: 'Post', emailaddress1: 'bob@GMAIL.com' } },
    { op: 'add', kind: 'account', row: { name: 'Own', websiteurl: 'own.example' } },
    { op: 'add', kind: 'account', row: { name: 'Mail', websiteurl: 'gmail.com' } },
  ]);

describe('people and companies that have something in common', () => {
  it.each([
    ['the source first', async () => [await readSource(stage), await readCrm(stage)]],
    ['the CRM first', async () => [await readCrm(stage), await readSource(stage)]],
  ])('are linked by address and domain, %s', async (_order, read) => {
    addPeople();
    await read();
    expect((await wordsOf('3')).toSorted()).toEqual([
      'company match domain',
      'contact match email',
    ]);
    // The domain of a mailbox provider belongs to no company, and that of a member to us.
    expect(await wordsOf('4')).toEqual(['contact match email']);
    expect(await wordsOf('5')).toEqual([]);
  });

  it('are linked no more when the address changes, and anew by a replay', async () => {
    const [, contact = ''] = addPeople();
    await readSource(stage);
    await readCrm(stage);
    there(stage, [
      { op: 'update', kind: 'contact', id: contact, row: { emailaddress1: 'new@else.example' } },
    ]);
    await readCrm(stage);
    expect(await wordsOf('3')).toEqual(['company match domain']);
    await db.query('delete from external_links where tenant_id = $1', [stage.tenantId]);
    await replayConnection({
      tenantId: stage.tenantId,
      connectionId: stage.connectionId,
      trigger: 'replay',
    });
    expect([await wordsOf('3'), await wordsOf('4')]).toEqual([
      ['company match domain'],
      ['contact match email'],
    ]);
  });

  it('stay apart once a person said so, until that is taken back', async () => {
    addPeople();
    await readSource(stage);
    await readCrm(stage);
    const by = { tenantId: stage.tenantId, leadId: await leadIdOf('4'), userId: null };
    const [link] = await shownOf('4');
    await rejectLink(by, link?.id ?? '');
    await replayConnection({
      tenantId: stage.tenantId,
      connectionId: stage.connectionId,
      trigger: 'replay',
    });
    const [rejected] = await shownOf('4');
    expect(rejected).toMatchObject({ rejected: true, origin: 'manual' });
    await withdrawLink(by, rejected?.id ?? '');
    expect(await wordsOf('4')).toEqual(['contact match email']);
    const log = await db.query<{ action: string }>(
      `select action from audit_events where tenant_id = $1 and action like 'link.%' order by id`,
      [stage.tenantId],
    );
    expect(log.map(({ action }) => action)).toEqual(['link.rejected', 'link.withdrawn']);
  });
});

describe('what people say of deals', () => {
  it('makes one line of what they link, and two again of what they reject', async () => {
    await readSource(stage);
    const [dealId = ''] = there(stage, [
      { op: 'add', kind: 'opportunity', row: { name: 'Something else', estimatedvalue: 7 } },
    ]);
    await readCrm(stage);
    const apart = await countPipeline(stage);
    const by = { tenantId: stage.tenantId, leadId: await leadIdOf('1'), userId: null };
    const record = {
      connectionId: stage.connectionId,
      entity: 'opportunity' as const,
      externalId: dealId,
    };
    await linkLead(by, record);
    const standing = async () =>
      (await dealsOf(stage)).find(({ externalId }) => externalId === dealId)?.standsFor;
    expect(await standing()).toBe('11');
    expect((await countPipeline(stage))?.count).toBe((apart?.count ?? 0) - 1);
    await expectExactRollups(db);
    const link = (await shownOf('1')).find(({ externalId }) => externalId === dealId);
    await rejectLink(by, link?.id ?? '');
    expect(await standing()).toBe(dealId);
    expect(await countPipeline(stage)).toEqual(apart);
    await expectExactRollups(db);
    await linkLead(by, record);
    expect(await standing()).toBe('11');
    await expectExactRollups(db);
  });

  it('wins over a push, and over what the CRM states', async () => {
    await readSource(stage);
    const leadId = (await scoreLeads(stage)).get('Pat Ellery') ?? '';
    await push(stage, [leadId]);
    const dealId = (await pushOf(stage, leadId)).remoteIds['deal'] ?? '';
    await readCrm(stage);
    const by = { tenantId: stage.tenantId, leadId, userId: null };
    for (const link of await shownOf('1'))
      if (link.externalId === dealId || link.entity === 'lead') await rejectLink(by, link.id);
    await push(stage, [leadId]);
    await readCrm(stage);
    const deal = (await dealsOf(stage)).find(({ externalId }) => externalId === dealId);
    expect(deal?.standsFor).toBe(dealId);
    await expectExactRollups(db);
  });

  it('is refused for the lead, the link or the system of another workspace', async () => {
    await readSource(stage);
    const other = await createLinkStage(db, sandbox, 'source');
    await readSource(other);
    const leadId = await leadIdOf('1');
    const target = {
      connectionId: other.connectionId,
      entity: 'contact' as const,
      externalId: 'x-1',
    };
    const by = { tenantId: stage.tenantId, leadId, userId: null };
    await expect(linkLead(by, target)).rejects.toMatchObject({ code: 'bad_request' });
    await expect(linkLead({ ...by, tenantId: other.tenantId }, target)).rejects.toMatchObject({
      code: 'not_found',
    });
    await linkLead(by, { ...target, connectionId: stage.connectionId });
    const [link] = await shownOf('1');
    expect(link).toMatchObject({ recordId: null, name: null, externalId: 'x-1' });
    const [theirs] = await db.query<{ id: string }>(
      `select id from leads where tenant_id = $1 and external_id = '1'`,
      [other.tenantId],
    );
    await expect(
      rejectLink({ ...by, tenantId: other.tenantId, leadId: theirs?.id ?? '' }, link?.id ?? ''),
    ).rejects.toMatchObject({ code: 'not_found' });
    for (const externalId of [' ', 'a\0b', 'x'.repeat(201)])
      await expect(
        linkLead(by, { ...target, connectionId: stage.connectionId, externalId }),
      ).rejects.toMatchObject({ code: 'bad_request' });
  });
});
