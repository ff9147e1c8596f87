import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createHttpClient, type OwnedHttpClient } from '#lib/platform/http/client.ts';
import { describe as describeTables } from '#lib/connectors/dynamics-365/destination/metadata.ts';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { buildPayload } from '#lib/connectors/dynamics-365/destination/rows.ts';
import { createRemoteTables } from '#lib/connectors/dynamics-365/destination/tables.ts';
import { findMissingFields, buildPlan } from '#lib/mappings/plan.ts';
import { toRecordId } from '#lib/outbound/push/identity.ts';
import type { RemoteTables, TargetMetadata } from '#lib/connectors/contract/destination.ts';

const org = {
  name: 'crm',
  label: 'Crm',
  tenant: 'directory',
  clientId: 'app',
  clientSecret: 'secret-0123456789',
  seed: 'crm',
  leads: 0,
  countedOn: Date.UTC(2026, 10, 20),
};
let sandbox: Sandbox;
let http: OwnedHttpClient;
let root: string;
let metadata: TargetMetadata;
let tables: RemoteTables;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [{ ...org, denied: ['delete:account'] }],
    now: Date.UTC(2026, 10, 20),
  });
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  const bare = createHttpClient({
    allowedHosts: ['127.0.0.1', 'localhost'],
    allowLoopback: true,
    retry: { baseMs: 1 },
  });
  const form = {
    grant_type: 'client_credentials',
    client_id: org.clientId,
    client_secret: org.clientSecret,
    scope: `${new URL(baseUrl).origin}/.default`,
  };
  const token = await bare.request({
    method: 'POST',
    url: new URL(`${org.tenant}/oauth2/v2.0/token`, loginUrl).href,
    form,
  });
  const { access_token: accessToken } = JSON.parse(token.body) as { access_token: string };
  const authorization = `Bearer ${accessToken}`;
  http = {
    close: () => bare.close(),
    request: (request) =>
      bare.request({ ...request, headers: { ...request.headers, authorization } }),
  };
  root = `${baseUrl}api/data/v9.2/`;
  metadata = await describeTables(http, root);
  tables = createRemoteTables(http, root, metadata);
});
afterAll(async () => {
  await http.close();
  await sandbox.close(0);
});

const lead = (id: string, values: Record<string, string | number>) => ({
  table: 'lead' as const,
  id,
  values: { lastname: 'Lovelace', ...values },
  parents: {},
});
const ids = Array.from({ length: 8 }, (_, n) => `0000000${n}-0000-4000-8000-000000000001`);
const id = (n: number): string => ids[n] ?? '';

describe('what the environment says of itself', () => {
  it('is read with options, limits, what is required, and keys that are active', () => {
    const field = (name: string) => metadata.tables.lead.fields.find((each) => each.name === name);
    expect(field('hnt_segment')).toMatchObject({
      type: 'option',
      options: [
        { value: 859_870_000, label: 'Migration' },
        { label: 'Existing' },
        { label: 'Cold' },
        { label: 'Skip' },
      ],
    });
    expect(field('lastname')).toMatchObject({
      type: 'text',
      required: true,
      maxLength: 50,
      creatable: true,
    });
    expect(field('statecode')?.creatable).toBe(false);
    expect(field('parentaccountid')?.type).toBe('lookup');
    expect(metadata.tables.lead).toMatchObject({ keys: [['hnt_leadid']], changeTracking: true });
    expect(metadata.tables.account.keys).toEqual([]);
  });

  it('has no companions, and knows limits that only a cast tells', () => {
    const { fields } = metadata.tables.lead;
    const names = fields.map(({ name }) => name);
    expect(names).not.toContain('hnt_segmentname');
    expect(names).not.toContain('parentaccountidname');
    expect(new Set(names).size).toBe(names.length);
    expect(fields.find(({ name }) => name === 'numberofemployees')).toMatchObject({
      type: 'integer',
      min: 0,
      max: 1_000_000_000,
    });
    expect(fields.find(({ name }) => name === 'description')?.maxLength).toBe(2_000);
    expect(fields.find(({ name }) => name === 'estimatedamount')?.max).toBe(922_337_203_685_477);
  });

  it('tells days from times, because a day refuses a time', async () => {
    const type = (name: string) =>
      metadata.tables.lead.fields.find((each) => each.name === name)?.type;
    expect([type('estimatedclosedate'), type('hnt_lastscoredon')]).toEqual(['date', 'datetime']);
    const row = { table: 'lead' as const, source: 'scoredAt', rule: 'ours' as const };
    const { tables: planned } = buildPlan(
      [
        { ...row, target: 'estimatedclosedate' },
        { ...row, target: 'hnt_lastscoredon' },
      ],
      { leadId: id(0), scoredAt: '2026-11-20T23:30:00.500Z' },
      metadata,
    );
    const values = planned.lead?.values ?? {};
    expect(values).toEqual({
      estimatedclosedate: '2026-11-20',
      hnt_lastscoredon: '2026-11-20T23:30:00Z',
    });
    expect(
      await tables.create({ table: 'lead', id: id(7), values, parents: {} }, { detect: false }),
    ).toMatchObject({ kind: 'done', kept: values });
  });

  it('makes a plan: kept values, labels as options, and in words what cannot be sent', () => {
    const values = {
      leadId: id(0),
      lastName: 'x'.repeat(60),
      segment: 'migration',
      score: 88,
      tenantSize: 'huge',
      domain: null,
      email: null,
      opportunityStage: null,
    };
    const { tables: planned, problems } = buildPlan(defaultMapping, values, metadata);
    expect(planned.lead?.values).toMatchObject({
      lastname: 'x'.repeat(50),
      hnt_segment: 859_870_000,
      hnt_finalscore: 88,
    });
    expect(planned.lead?.values).not.toHaveProperty('hnt_huntertenantsize');
    expect(Object.keys(planned)).toEqual(['lead']);
    expect(problems).toHaveLength(2);
    expect(problems).toContain(
      '"hnt_huntertenantsize" has no option "huge". Its options are: Small, Medium, Large.',
    );
    expect(problems.join()).toContain('"leadsourcecode" has no option "migration".');
    expect(findMissingFields(metadata, 'lead', {}).map(({ name }) => name)).toEqual(['lastname']);
    expect(
      buildPlan(
        [
          ...defaultMapping,
          { table: 'lead', target: 'hnt_nowhere', source: 'score', rule: 'ours' },
        ],
        values,
        metadata,
      ).problems,
    ).toContain('The table lead in the CRM has no field "hnt_nowhere".');
  });
});

describe('records', () => {
  it('are made once, changed only as they were read, deleted only as they were made', async () => {
    const first = await tables.create(
      lead(id(1), { hnt_leadid: id(0), emailaddress1: 'o\u2019neil+x@one.example' }),
      { detect: false },
    );
    expect(first).toMatchObject({ kind: 'done', etag: expect.stringMatching(/^W\//) as string });
    expect(await tables.create(lead(id(1), {}), { detect: false })).toEqual({ kind: 'exists' });
    expect(await tables.create(lead(id(2), { hnt_leadid: id(0) }), { detect: false })).toEqual({
      kind: 'exists',
    });
    expect(
      await tables.create(lead(id(2), { emailaddress1: 'o\u2019neil+x@one.example' }), {
        detect: true,
      }),
    ).toEqual({ kind: 'duplicate' });
    const etag = 'etag' in first ? first.etag : '';
    const changed = await tables.update({ ...lead(id(1), { firstname: 'Ada' }), etag });
    expect(changed).toMatchObject({ kind: 'done' });
    expect(await tables.update({ ...lead(id(1), { firstname: 'Eve' }), etag })).toEqual({
      kind: 'stale',
    });
    expect(await tables.update({ ...lead(id(3), {}), etag })).toEqual({ kind: 'gone' });
    expect(await tables.remove('lead', id(1), etag)).toEqual({ kind: 'stale' });
    expect(await tables.read('lead', id(1), ['firstname'])).toMatchObject({
      id: id(1),
      values: { firstname: 'Ada' },
      ourLeadId: id(0),
      isOpen: true,
      status: 'open',
    });
    expect(await tables.remove('lead', id(1), 'etag' in changed ? changed.etag : '')).toMatchObject(
      { kind: 'done' },
    );
    expect(await tables.read('lead', id(1), ['firstname'])).toBeNull();
  });

  it('are found by our id, by e-mail address and by domain, which has to be the same', async () => {
    await tables.create(
      lead(id(4), {
        hnt_leadid: id(5),
        emailaddress1: "d'arcy@example.net",
        websiteurl: 'https://www.pemberley.example/park',
      }),
      { detect: false },
    );
    await tables.create(lead(id(6), { websiteurl: 'https://notpemberley.example' }), {
      detect: false,
    });
    for (const key of [
      { by: 'ours', leadId: id(5) },
      { by: 'email', email: "d'arcy@example.net" },
      { by: 'domain', domain: 'pemberley.example' },
    ] as const) {
      expect((await tables.search('lead', key, ['subject'])).map((found) => found.id)).toEqual([
        id(4),
      ]);
    }
    expect(await tables.search('lead', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
    expect(await tables.search('contact', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
  });

  it('that may not be written say which privilege is missing', async () => {
    await tables.create(
      { table: 'account', id: id(1), values: { name: 'Globex' }, parents: {} },
      { detect: false },
    );
    await expect(tables.remove('account', id(1), '*')).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('prvDeleteAccount') as string,
    });
  });

  it('name their parents, and an opportunity its customer', () => {
    expect(buildPayload('opportunity', { name: 'X' }, { contact: 'c', lead: 'l' })).toEqual({
      name: 'X',
      'parentcontactid@odata.bind': '/contacts(c)',
      'originatingleadid@odata.bind': '/leads(l)',
      'customerid_contact@odata.bind': '/contacts(c)',
    });
    expect(buildPayload('opportunity', {}, { account: 'a', contact: 'c' })).toMatchObject({
      'customerid_account@odata.bind': '/accounts(a)',
    });
  });
});

it('ids follow from what a record stands for, and never change', () => {
  const values = { leadId: id(1), domain: 'Globex.example', email: ' ADA@globex.example ' };
  expect(toRecordId('connection', 'lead', values)).toBe(
    toRecordId('connection', 'lead', { leadId: id(1) }),
  );
  expect(toRecordId('connection', 'contact', values)).toBe(
    toRecordId('connection', 'contact', { email: 'ada@globex.example' }),
  );
  expect(toRecordId('connection', 'account', { domain: 'globex.example' })).toBe(
    toRecordId('connection', 'account', values),
  );
  expect(toRecordId('connection', 'lead', values)).not.toBe(
    toRecordId('connection', 'opportunity', values),
  );
  expect(toRecordId('connection', 'contact', {})).toBeNull();
  expect(
    toRecordId('01960000-0000-7000-8000-000000000000', 'account', { domain: 'globex.example' }),
  ).toBe('541ee942-c4f3-59d7-b76a-2ee7d7dfbc91');
});
