import { describe, expect, it } from 'vitest';
import { connect, NOW, person } from '../connectors/hubspot/harness.ts';

/** What the documentation allows, and what it does not. */
const search = (more: object = {}) => ({
  filterGroups: [{ filters: [{ propertyName: 'lastmodifieddate', operator: 'GTE', value: '1' }] }],
  ...more,
});
const filters = (count: number) =>
  Array.from({ length: count }, () => ({ propertyName: 'city', operator: 'HAS_PROPERTY' }));
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the sandbox of HubSpot', () => {
  it('lists 10 rows unless it is told how many, 100 at most, and text or null only', async () => {
    const { call, mutate } = await connect();
    mutate(...range(120).map((n) => person({ firstname: `P${n}`, city: null })));
    const { body } = await call('GET', 'crm/v3/objects/contacts?properties=city,nonsense');
    const rows = body['results'] as { id: string; properties: Record<string, string | null> }[];
    expect(rows).toHaveLength(10);
    expect(rows[0]?.properties).toEqual({
      city: null,
      createdate: new Date(NOW).toISOString(),
      hs_object_id: rows[0]?.id,
      lastmodifieddate: new Date(NOW).toISOString(),
    });
    const next = (body['paging'] as { next: { after: string } }).next.after;
    const rest = await call('GET', `crm/v3/objects/contacts?limit=100&after=${next}`);
    expect(rest.body['results']).toHaveLength(100);
    for (const query of ['limit=101', 'limit=0', 'limit=x', 'after=x', 'archived=yes', 'page=2'])
      expect((await call('GET', `crm/v3/objects/contacts?${query}`)).status, query).toBe(400);
  });

  it('searches within its bounds, and without headers that tell what is left', async () => {
    const { call, mutate } = await connect();
    mutate(person({ firstname: 'Ann' }));
    const path = 'crm/v3/objects/contacts/search';
    const found = await call('POST', path, search());
    expect(found).toMatchObject({ status: 200, body: { total: 1 } });
    expect(found.headers.get('x-hubspot-ratelimit-max')).toBeNull();
    const listed = await call('GET', 'crm/v3/objects/contacts');
    expect(listed.headers.get('x-hubspot-ratelimit-max')).toBe('1000000');
    expect((await call('POST', path, {})).status).toBe(200);
    for (const [name, body] of Object.entries({
      'too many rows': search({ limit: 201 }),
      'beyond the wall': search({ limit: 100, after: '9950' }),
      'two sorts': search({ sorts: [{ propertyName: 'city' }, { propertyName: 'email' }] }),
      'unknown property': { filterGroups: [{ filters: [{ propertyName: 'x', operator: 'EQ' }] }] },
      'unknown field': search({ filter: [] }),
      'a number for text': {
        filterGroups: [{ filters: [{ propertyName: 'city', operator: 'EQ', value: 5 }] }],
      },
      'six groups': { filterGroups: range(6).map(() => ({ filters: filters(1) })) },
      'seven filters': { filterGroups: [{ filters: filters(7) }] },
      'too many filters': { filterGroups: range(4).map(() => ({ filters: filters(5) })) },
      'too long': search({ properties: range(400).map((n) => `property_${n}`) }),
    }))
      expect((await call('POST', path, body)).status, name).toBe(400);
    const epoch = { propertyName: 'lastmodifieddate', operator: 'GTE', value: '0' };
    expect((await call('POST', path, { filterGroups: [{ filters: [epoch] }] })).status).toBe(500);
  });

  it('has associations in two versions, of which the primary one shows twice', async () => {
    const { call, mutate } = await connect();
    const [company = ''] = mutate({ op: 'add', kind: 'companies', properties: {} });
    const [contact = '', alone = ''] = mutate(
      {
        ...person({}),
        op: 'add',
        links: [{ kind: 'companies', id: company, primary: true }],
      } as ReturnType<typeof person>,
      person({}),
    );
    const { body } = await call('GET', 'crm/v3/objects/contacts?associations=companies');
    expect((body['results'] as { associations?: unknown }[])[0]?.associations).toEqual({
      companies: {
        results: [
          { id: company, type: 'contact_to_company' },
          { id: company, type: 'contact_to_company_unlabeled' },
        ],
      },
    });
    const path = 'crm/v4/associations/contacts/companies/batch/read';
    const read = await call('POST', path, { inputs: [{ id: contact }, { id: alone }] });
    expect(read).toMatchObject({
      status: 207,
      body: {
        results: [
          {
            from: { id: contact },
            to: [
              {
                toObjectId: Number(company),
                associationTypes: [
                  { typeId: 1, label: 'Primary' },
                  { typeId: 279, label: null },
                ],
              },
            ],
          },
        ],
        errors: [{ subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' }],
      },
    });
  });

  it('reads batches of 100, and says what is missing', async () => {
    const { call, mutate } = await connect();
    const [one = '', two = ''] = mutate(person({}), person({}));
    mutate({ op: 'archive', kind: 'contacts', id: two });
    const path = 'crm/v3/objects/contacts/batch/read';
    const given = { properties: [], propertiesWithHistory: [] };
    const read = await call('POST', path, { ...given, inputs: [{ id: one }, { id: two }] });
    expect(read).toMatchObject({
      status: 207,
      body: { results: [{ id: one }], errors: [{ context: { ids: [two] } }] },
    });
    const archived = await call('GET', 'crm/v3/objects/contacts?archived=true');
    expect(archived.body['results']).toMatchObject([{ id: two, archived: true }]);
    for (const inputs of [[], range(101).map((n) => ({ id: String(n) })), [{ id: 5 }]])
      expect((await call('POST', path, { ...given, inputs })).status).toBe(400);
  });

  it('refuses in its own form, and with a web page what it does not know', async () => {
    const { call } = await connect({ denied: ['crm.objects.deals.read'], without: ['leads'] });
    expect(await call('GET', 'crm/v3/objects/contacts', undefined, 'other')).toMatchObject({
      status: 401,
      body: { category: 'INVALID_AUTHENTICATION' },
    });
    expect(await call('GET', 'crm/v3/objects/deals')).toMatchObject({
      status: 403,
      body: { category: 'MISSING_SCOPES' },
    });
    expect(await call('GET', 'crm/v3/objects/leads')).toMatchObject({
      status: 400,
      body: { message: 'Unable to infer object type from: leads' },
    });
    const unknown = await call('GET', 'crm/v3/nothing');
    expect([unknown.status, unknown.text.startsWith('<!DOCTYPE')]).toEqual([404, true]);
  });

  it('limits ten seconds, a second of searches, and the day', async () => {
    const limits = { burst: 4, searches: 1, daily: 6, retryAfter: 'milliseconds' as const };
    const { call, sandbox } = await connect({ limits });
    const list = () => call('GET', 'crm/v3/objects/contacts');
    const find = () => call('POST', 'crm/v3/objects/contacts/search', {});
    expect((await find()).status).toBe(200);
    expect(await find()).toMatchObject({ status: 429, body: { policyName: 'SECONDLY' } });
    for (const n of range(3)) expect((await list()).status, String(n)).toBe(200);
    const refused = await list();
    expect(refused).toMatchObject({ status: 429, body: { policyName: 'TEN_SECONDLY_ROLLING' } });
    expect(Number(refused.headers.get('retry-after'))).toBe(10_000);
    sandbox.clock.shift(10_001);
    expect((await list()).headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('1');
    expect((await list()).status).toBe(200);
    expect(await list()).toMatchObject({ status: 429, body: { policyName: 'DAILY' } });
  });
});
