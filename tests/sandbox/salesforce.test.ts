import { describe, expect, it } from 'vitest';
import { startSandbox, type SalesforceChange, type SalesforceSpec } from '../../sandbox/index.ts';
import { NOON } from './helpers.ts';

const credentials = { clientId: 'key_1', clientSecret: 'secret-1' };
const MINUTE = 60_000;
type Body = Record<string, unknown> & { records?: Record<string, unknown>[] };

/** A fresh sandbox with one organisation, and a caller with a token for it. */
async function withOrg(
  spec: Partial<SalesforceSpec>,
  use: (caller: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const caller = await open(spec);
  try {
    await use(caller);
  } finally {
    await caller.sandbox.close(50);
  }
}

async function open(spec: Partial<SalesforceSpec>) {
  const org = { name: 'org', label: 'Org', ...credentials, seed: 'org', leads: 0, countedOn: NOON };
  const sandbox = await startSandbox({
    now: NOON,
    accounts: [],
    partners: [],
    orgs: [],
    salesforce: [{ ...org, ...spec }],
  });
  const { baseUrl } = sandbox.salesforce;
  const askForToken = (form: Record<string, string>) =>
    fetch(`${baseUrl}services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  const right = {
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  };
  const login = async () =>
    ((await (await askForToken(right)).json()) as { access_token: string }).access_token;
  let token = await login();
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${baseUrl}services/data/v60.0/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const query = async (soql: string, path = 'query') => {
    const { text } = await call(`${path}?q=${encodeURIComponent(soql)}`);
    return JSON.parse(text) as Body;
  };
  /** The code of the refusal of a query. */
  const refusal = async (soql: string) =>
    ((await query(soql)) as unknown as [{ errorCode?: string }])[0]?.errorCode;
  const mutate = (...changes: SalesforceChange[]) =>
    sandbox.salesforce.mutate('org', { changes }).ids;
  return {
    sandbox,
    call,
    query,
    refusal,
    mutate,
    askForToken,
    right,
    renew: async () => void (token = await login()),
  };
}

const lead = (row: Record<string, string> = {}): SalesforceChange => ({
  op: 'add',
  kind: 'Lead',
  row: { LastName: 'Diaz', Company: 'Dunlin', ...row },
});

describe('queries of Salesforce', () => {
  it('are refused as Salesforce refuses them', () =>
    withOrg({ hidden: ['Lead.Rating'], hiddenObjects: ['Note'] }, async ({ refusal, query }) => {
      for (const [soql, code] of [
        ['SELECT Id, Nonsense FROM Lead', 'INVALID_FIELD'],
        ['SELECT Id, Rating FROM Lead', 'INVALID_FIELD'],
        ['SELECT Id, Nobody.Name FROM Lead', 'INVALID_FIELD'],
        ['SELECT Id FROM Nonsense', 'INVALID_TYPE'],
        ['SELECT Id FROM Note', 'INVALID_TYPE'],
        ['SELECT Id, Id FROM Lead', 'MALFORMED_QUERY'],
        ['SELECT Id FROM Lead WHERE', 'MALFORMED_QUERY'],
        ['SELECT Id FROM Lead extra', 'MALFORMED_QUERY'],
        ["SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'", 'MALFORMED_QUERY'],
        ["SELECT Id FROM Lead WHERE SystemModstamp > '2026-01-01T00:00:00Z'", 'INVALID_FIELD'],
        ['SELECT Id FROM Lead WHERE SystemModstamp > 2026-01-01T00:00:00 0000', 'MALFORMED_QUERY'],
        ["SELECT Id FROM Lead WHERE IsDeleted = 'false'", 'INVALID_FIELD'],
        ["SELECT Id FROM Lead WHERE Description = 'x'", 'INVALID_FIELD'],
        ['SELECT Id FROM Lead ORDER BY Description', 'INVALID_FIELD'],
        ['SELECT LinkedEntityId FROM ContentDocumentLink', 'MALFORMED_QUERY'],
        ['SELECT Id, (SELECT Id FROM Tasks) FROM ContentDocument', 'INVALID_TYPE'],
      ] as const)
        expect(await refusal(soql), soql).toBe(code);
      expect(await query('SELECT COUNT() FROM Lead')).toEqual({
        totalSize: 0,
        done: true,
        records: [],
      });
    }));

  it('find what their conditions say', () =>
    withOrg({}, async ({ query, mutate }) => {
      const [a = '', b = ''] = mutate(lead({ City: "O'Neill" }), lead({ City: 'Zug' }), lead());
      const find = async (where: string) =>
        (await query(`SELECT Id FROM Lead WHERE ${where}`)).records?.map(({ Id }) => Id);
      expect(await find("City = 'o\\'neill'")).toEqual([a]);
      expect(await find("City IN ('Zug', 'Leeds')")).toEqual([b]);
      expect(await find(`Id = '${b.slice(0, 15)}'`)).toEqual([b]);
      expect(await find('NOT (City = null)')).toHaveLength(2);
      expect(await find("(City = 'Zug' OR City LIKE 'O%') AND IsDeleted = FALSE")).toHaveLength(2);
      expect(await find('SystemModstamp >= 2026-11-20T12:00:00+00:00')).toBeDefined();
    }));

  it('show deleted records only when all are asked for', () =>
    withOrg({}, async ({ query, mutate }) => {
      const [id = ''] = mutate(lead());
      mutate({ op: 'delete', kind: 'Lead', id });
      expect((await query('SELECT Id FROM Lead')).records).toEqual([]);
      expect((await query('SELECT Id, IsDeleted FROM Lead', 'queryAll')).records).toMatchObject([
        { Id: id, IsDeleted: true },
      ]);
      mutate({ op: 'purge', kind: 'Lead', id });
      expect((await query('SELECT Id FROM Lead', 'queryAll')).records).toEqual([]);
    }));

  it('are read on by locators of one login, ten at most', () =>
    withOrg({ pageRows: 2 }, async ({ query, call, mutate, renew }) => {
      mutate(lead(), lead(), lead());
      const begin = async () => String((await query('SELECT Id FROM Lead'))['nextRecordsUrl']);
      const follow = async (link: string) =>
        (await call(link.replace('/services/data/v60.0/', ''))).status;
      const first = await begin();
      expect(first).toMatch(/^\/services\/data\/v60\.0\/query\/01g\w{15}-2$/);
      expect(await follow(first)).toBe(200);
      await renew();
      expect(await follow(first)).toBe(400);
      expect(
        (
          await call('query?q=SELECT+Id+FROM+Lead', {
            headers: { 'sforce-query-options': 'batchSize=100' },
          })
        ).status,
      ).toBe(400);
    }));
});

describe('the rest of Salesforce', () => {
  it('gives tokens without a lifetime, and refuses with an object', () =>
    withOrg({}, async ({ askForToken, right, call }) => {
      const answer = (await (await askForToken(right)).json()) as Body;
      expect(Object.keys(answer).toSorted()).toEqual([
        'access_token',
        'id',
        'instance_url',
        'issued_at',
        'scope',
        'signature',
        'token_type',
      ]);
      const refused = await askForToken({ ...right, client_secret: 'wrong' });
      expect([refused.status, await refused.json()]).toEqual([
        400,
        { error: 'invalid_client', error_description: 'invalid client credentials' },
      ]);
      const nobody = await call('', { headers: { authorization: 'Bearer nobody' } });
      expect([nobody.status, JSON.parse(nobody.text)]).toEqual([
        401,
        [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
      ]);
    }));

  it('tells what was deleted in a span of minutes, 15 days back at most', () =>
    withOrg({}, async ({ call, mutate, sandbox }) => {
      const [id = ''] = mutate(lead());
      mutate({ op: 'purge', kind: 'Lead', id });
      sandbox.clock.shift(5 * MINUTE);
      const at = (ms: number) => new Date(NOON + ms).toISOString().replace('.000Z', '%2B00:00');
      const feed = async (from: number, to: number) => {
        const { text } = await call(`sobjects/Lead/deleted/?start=${at(from)}&end=${at(to)}`);
        return JSON.parse(text) as Body & [{ errorCode?: string }];
      };
      expect(await feed(-MINUTE, 5 * MINUTE)).toMatchObject({
        deletedRecords: [{ id, deletedDate: '2026-11-20T12:00:00.000+0000' }],
        latestDateCovered: '2026-11-20T12:04:00.000+0000',
      });
      expect((await feed(0, 30_000))[0].errorCode).toBe('INVALID_REPLICATION_DATE');
      expect((await feed(-16 * 86_400_000, 0))[0].errorCode).toBe('INVALID_REPLICATION_DATE');
      const spoilt = await call('sobjects/Lead/deleted/?start=2026-11-20T12:00:00+00:00&end=x');
      expect(spoilt.status).toBe(400);
    }));

  it('takes jobs as they are documented, and lists nothing without a header', () =>
    withOrg({ jobs: { daily: 2 } }, async ({ call }) => {
      const create = (body: object, type = 'application/json') =>
        call('jobs/query', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': type },
        });
      const query = 'SELECT Id FROM Lead';
      expect((await create({ operation: 'query', query, more: 1 })).status).toBe(400);
      expect((await create({ operation: 'query', query }, 'text/plain')).status).toBe(400);
      expect((await create({ operation: 'query', query: 'SELECT Address FROM Lead' })).status).toBe(
        400,
      );
      const { id } = JSON.parse((await create({ operation: 'query', query })).text) as {
        id: string;
      };
      const results = () => call(`jobs/query/${id}/results`, { headers: { accept: 'text/csv' } });
      expect((await results()).status).toBe(400);
      await call(`jobs/query/${id}`);
      expect(JSON.parse((await call(`jobs/query/${id}`)).text)).toMatchObject({
        state: 'JobComplete',
        numberRecordsProcessed: 0,
      });
      const { text, headers } = await results();
      expect([text, headers.get('sforce-locator'), headers.get('sforce-numberofrecords')]).toEqual([
        '',
        'null',
        '0',
      ]);
      await create({ operation: 'queryAll', query });
      expect((await create({ operation: 'query', query })).text).toContain('LIMIT_EXCEEDED');
    }));

  it('counts requests in both spellings, and has no more when the day is used up', () =>
    withOrg({ appQuota: 3 }, async ({ call }) => {
      expect((await call('')).headers.get('sforce-limit-info')).toBe(
        'api-usage=1/15000; per-app-api-usage=1/3(appName=sample-connected-app)',
      );
      await call('');
      await call('');
      const over = await call('');
      expect([over.status, JSON.parse(over.text)]).toEqual([
        403,
        [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
      ]);
    }));
});
