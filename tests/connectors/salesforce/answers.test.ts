import { describe, expect, it } from 'vitest';
import { isTokenRejected } from '#lib/connectors/salesforce/api-error.ts';
import { salesforce } from '#lib/connectors/salesforce/index.ts';
import { salesforceSettings } from '#lib/connectors/salesforce/settings.ts';
import { normalizeId } from '#lib/connectors/salesforce/ids.ts';
import { formatText, isBehind } from '#lib/connectors/salesforce/soql.ts';
import { pagesOf } from '../streams.ts';
import { connect, full, lead, streamOf } from './harness.ts';

describe('an answer of Salesforce', () => {
  it('that no request is left is a limit, for an hour or for a minute', async () => {
    const { read, mutate, sandbox, pass } = await connect({ quota: 20 });
    mutate(lead());
    sandbox.salesforce.org('org').useUp(20);
    const error = await pagesOf(read('leads')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'rate_limited', status: 403 });
    const { until } = error as { until: Date };
    expect(until.getTime() - sandbox.clock.now()).toBe(3_600_000);
    await pass(25 * 3_600_000);
    await expect(pagesOf(read('leads'))).resolves.toHaveLength(1);
  });

  it.each([
    [401, '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]', 'auth'],
    [
      401,
      '[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]',
      'permission',
    ],
    [
      401,
      '{"error":"UnauthorizedException","message":"Connected app is not attached to Agent"}',
      'permission',
    ],
    [401, '<html>Unauthorized</html>', 'auth'],
    [
      403,
      '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
      'rate_limited',
    ],
    [
      403,
      '[{"message":"The REST API is not enabled for this Organization.","errorCode":"API_DISABLED_FOR_ORG"}]',
      'permission',
    ],
    [403, '<html>Forbidden</html>', 'permission'],
    [
      400,
      '[{"message":"unable to obtain exclusive access","errorCode":"UNABLE_TO_LOCK_ROW"}]',
      'transient',
    ],
    [400, '[{"message":"unexpected token","errorCode":"MALFORMED_QUERY"}]', 'malformed'],
    [400, '[{"message":"new","errorCode":"SOMETHING_NEW","extra":{"a":1}}]', 'malformed'],
    [400, '', 'malformed'],
    [404, '[{"message":"gone","errorCode":"NOT_FOUND"}]', 'permission'],
  ])('with status %i and %s is of a kind', async (status, body, kind) => {
    const { toAccess } = await connect();
    const answer = { status, body, contentType: '', headers: {}, receivedAt: new Date() };
    const read = streamOf('leads').read(
      {
        ...toAccess(),
        http: { request: () => Promise.resolve(answer) },
        span: full,
        paths: [],
        partitions: () => (async function* () {})(),
      },
      null,
    );
    await expect(pagesOf(read)).rejects.toMatchObject({ name: 'RemoteError', kind });
  });

  it('renews the token only when the token is to blame', () => {
    const answer = (body: string) => ({
      status: 401,
      body,
      contentType: '',
      headers: {},
      receivedAt: new Date(),
    });
    expect(isTokenRejected(answer('[{"errorCode":"INVALID_SESSION_ID"}]'))).toBe(true);
    expect(isTokenRejected(answer(''))).toBe(true);
    expect(
      isTokenRejected(
        answer('[{"message":"This session is not valid for use with the REST API"}]'),
      ),
    ).toBe(false);
  });

  it('tells its quota in both spellings', () => {
    const now = new Date('2026-11-20T12:00:00Z');
    const read = (info?: string) =>
      salesforce.limits
        .readQuota?.(info === undefined ? {} : { 'sforce-limit-info': info }, now)
        .map(({ window, remaining, ceiling }) => [window, remaining, ceiling]);
    expect(read('api-usage=18/5000')).toEqual([['day', 4_982, 5_000]]);
    expect(
      read('api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)'),
    ).toEqual([
      ['day', 4_975, 5_000],
      ['day of the application', 233, 250],
    ]);
    expect(read('api-usage=5100/5000')).toEqual([['day', 0, 5_000]]);
    expect(read('something else')).toEqual([]);
    expect(read()).toEqual([]);
  });
});

describe('words of Salesforce', () => {
  it('are ids of 15 or 18 characters', () => {
    // As the guide of the REST API shows it.
    expect(normalizeId('a00D0000008pQRA')).toBe('a00D0000008pQRAIA2');
    expect(normalizeId('a00D0000008pQRAIA2')).toBe('a00D0000008pQRAIA2');
    expect(normalizeId('00Q3UxTau3xSGlW')).toBe('00Q3UxTau3xSGlWUCW');
    expect(normalizeId('no id')).toBe('no id');
  });

  it('are escaped in queries, and times have neither quotes nor an offset', () => {
    expect(formatText('O\'Neill \\ "x"')).toBe(`'O\\'Neill \\\\ \\"x\\"'`);
    expect(isBehind('SystemModstamp', { at: '2026-05-01T02:00:00+02:00', id: '00Q' })).toBe(
      "((SystemModstamp = 2026-05-01T00:00:00.000Z AND Id > '00Q') OR SystemModstamp > " +
        '2026-05-01T00:00:00.000Z)',
    );
    expect(isBehind('SystemModstamp', { at: null, id: '00Q' })).toBe("Id > '00Q'");
  });

  it.each([
    ['acme.my.salesforce.com', 'https://acme.my.salesforce.com/'],
    ['https://acme.my.salesforce.com/services/data/v60.0', 'https://acme.my.salesforce.com/'],
    ['https://acme.lightning.force.com/lightning/page/home', 'https://acme.my.salesforce.com/'],
    [
      'https://acme--uat.sandbox.lightning.force.com/lightning/o/Lead/list',
      'https://acme--uat.sandbox.my.salesforce.com/',
    ],
    [
      'https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home',
      'https://acme.my.salesforce.com/',
    ],
    ['http://127.0.0.1:4399/salesforce/', 'http://127.0.0.1:4399/salesforce/'],
  ])('in %s name the address %s', (given, address) => {
    expect(salesforceSettings.parse({ baseUrl: given }).baseUrl).toBe(address);
  });
});

describe('the account', () => {
  it('is told by its name and id, and needs an address of its own', async () => {
    const { toAccess } = await connect();
    await expect(salesforce.whoAmI?.(toAccess())).resolves.toMatch(
      /^Org \(organisation 00D\w{15}\)$/,
    );
    const hidden = await connect({ hiddenObjects: ['Organization'] });
    await expect(salesforce.whoAmI?.(hidden.toAccess())).resolves.toMatch(/^organisation 00D/);
    const nobody = { ...toAccess(), settings: salesforceSettings.parse({}) };
    await expect(salesforce.check(nobody)).rejects.toMatchObject({ kind: 'permission' });
  });
});
