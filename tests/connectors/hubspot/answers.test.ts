import { describe, expect, it } from 'vitest';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import { toRemoteError } from '#lib/connectors/hubspot/hubspot-error.ts';
import type { HttpResponse } from '#lib/platform/http/types.ts';
import { mapperOf, pagesOf } from '../streams.ts';
import { connect, full, NOW, person, streamOf } from './harness.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  ({
    status,
    contentType: 'application/json',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    receivedAt: new Date(NOW),
  }) satisfies HttpResponse;

describe('a pause', () => {
  const seconds = (body: unknown, headers: Record<string, string> = {}, status = 429) => {
    const until = hubspot.limits.readPause?.(answer(status, body, headers));
    return until === undefined ? undefined : (until.getTime() - NOW) / 1000;
  };
  const burst = { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' };

  it('is as long as the policy says that was met', () => {
    expect(seconds(burst)).toBe(10);
    expect(seconds(burst, { 'x-hubspot-ratelimit-interval-milliseconds': '4000' })).toBe(4);
    expect(seconds({ policyName: 'SECONDLY' })).toBe(1);
    expect(seconds({ message: 'You have reached your secondly limit.' })).toBe(1);
    expect(seconds({ policyName: 'DAILY' })).toBe(3_600);
    expect(seconds({ message: 'You have reached your daily limit.' })).toBe(3_600);
  });

  it('is as long as Retry-After says, in seconds or milliseconds, a minute at most', () => {
    expect(seconds(burst, { 'retry-after': '7' })).toBe(7);
    expect(seconds(burst, { 'retry-after': '7000' })).toBe(7);
    expect(seconds(burst, { 'retry-after': '1000' })).toBe(1);
    expect(seconds(burst, { 'retry-after': '999' })).toBe(60);
    expect(seconds({}, { 'retry-after': '0' })).toBe(0);
    expect(seconds({ policyName: 'DAILY' }, { 'retry-after': '10' })).toBe(3_600);
  });

  it('is left to others where nothing says how long it is', () => {
    expect(seconds('<html></html>')).toBeUndefined();
    expect(seconds({ category: 'RATE_LIMITS' })).toBeUndefined();
    expect(seconds({}, { 'retry-after': 'Fri, 20 Nov 2026 12:00:09 GMT' })).toBeUndefined();
    expect(seconds(burst, {}, 503)).toBeUndefined();
  });
});

describe('a limit', () => {
  const read = (headers: Record<string, string>) =>
    hubspot.limits.readQuota?.(headers, new Date(NOW));

  it('is read from the headers, and searches have one of their own', () => {
    expect(
      read({
        'x-hubspot-ratelimit-max': '190',
        'x-hubspot-ratelimit-remaining': '188',
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
      }),
    ).toEqual([{ window: 'second', ceiling: 17, remaining: 17 }]);
    expect(
      read({ 'x-hubspot-ratelimit-max': '100', 'x-hubspot-ratelimit-remaining': '2' }),
    ).toEqual([{ window: 'second', ceiling: 9, remaining: 2 }]);
    expect(read({})).toEqual([]);
    expect(read({ 'x-hubspot-ratelimit-max': 'many' })).toEqual([]);
    const [search] = hubspot.limits.endpoints ?? [];
    const url = 'https://api.hubapi.com/crm/v3/objects/contacts';
    expect(search?.covers({ url: `${url}/search?x=1` })).toBe(true);
    expect(search?.covers({ url: `${url}?search=/search` })).toBe(false);
  });
});

describe('a refusal', () => {
  const error = (status: number, body: unknown) => toRemoteError(answer(status, body));

  it('names the scope that is missing, wherever it stands', () => {
    for (const body of [
      { errors: [{ context: { requiredGranularScopes: ['crm.objects.deals.read'] } }] },
      { context: { missingScopes: ['crm.objects.deals.read'] } },
      { message: 'The scope `crm.objects.deals.read` is required.' },
    ])
      expect(error(403, body)).toMatchObject({
        kind: 'permission',
        message: expect.stringContaining('crm.objects.deals.read') as string,
      });
    expect(error(403, '<html></html>')).toMatchObject({ kind: 'permission' });
    expect(error(403, { message: 'secret-looking text' }).message).not.toContain('secret-looking');
  });

  it('is told apart by its status, and by what it says of types of objects', () => {
    const unknown = { message: 'Unable to infer object type from: leads' };
    expect(error(400, unknown)).toMatchObject({ kind: 'gone' });
    expect(error(404, unknown)).toMatchObject({ kind: 'gone' });
    expect(error(400, { category: 'VALIDATION_ERROR' })).toMatchObject({ kind: 'malformed' });
    expect(error(404, '<html>Not found</html>')).toMatchObject({ kind: 'gone' });
    expect(error(423, {})).toMatchObject({ kind: 'transient' });
    expect(error(477, {})).toMatchObject({ kind: 'transient' });
    expect(error(414, '')).toMatchObject({ kind: 'malformed' });
  });

  it('of the token asks for another one', async () => {
    const { access, read } = await connect();
    for (const accessToken of ['pat-other', ' '])
      await expect(hubspot.check({ ...access, secrets: { accessToken } })).rejects.toMatchObject({
        kind: 'auth',
      });
    await expect(
      hubspot.check({ ...access, secrets: { accessToken: `${access.secrets.accessToken}\n` } }),
    ).resolves.toBeUndefined();
    expect(await hubspot.whoAmI?.(access)).toBe('account 4411 (app.hubspot.com)');
    expect(await pagesOf(read('contacts'))).toMatchObject([{ last: true, items: [] }]);
  });

  it('of the facts of the account is no refusal of the token', async () => {
    const { sandbox, access } = await connect();
    const endpoint = 'GET account-info/v3/details';
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint });
    await expect(hubspot.check(access)).resolves.toBeUndefined();
    expect(await hubspot.whoAmI?.(access)).toBeNull();
  });

  it('of a scope stops the one stream, and a list is read without what it may not show', async () => {
    const { read, mutate } = await connect({ denied: ['crm.objects.companies.read'] });
    mutate(person({ firstname: 'Ann' }));
    await expect(pagesOf(read('companies'))).rejects.toMatchObject({ kind: 'permission' });
    expect(await pagesOf(read('contacts'))).toMatchObject([
      { items: [{ properties: { firstname: 'Ann' } }] },
    ]);
  });
});

describe('an answer', () => {
  it('may leave out every optional field, and show associations only in part', async () => {
    const { read, mutate } = await connect({ sparse: true, inlineLinks: 1 }, { pageSize: 1 });
    const [one = '', two = ''] = mutate(
      { op: 'add', kind: 'companies', properties: { name: 'One' } },
      { op: 'add', kind: 'companies', properties: { name: 'Two' } },
    );
    mutate(
      {
        op: 'add',
        kind: 'contacts',
        properties: { lastname: 'Lee' },
        links: [
          { kind: 'companies', id: one },
          { kind: 'companies', id: two, primary: true },
        ],
      },
      person({ firstname: 'Ann' }),
    );
    const items = (await pagesOf(read('contacts', full))).flatMap((page) => page.items);
    expect(items).toMatchObject([
      { about: { links: { companies: [two, one] } } },
      { properties: { firstname: 'Ann' } },
    ]);
  });

  it('keeps a row without an id for a person to see, and no row of another kind', async () => {
    const { read, mutate, sandbox, access } = await connect();
    mutate(person({ firstname: 'Ann' }), person({ firstname: 'Bob' }));
    sandbox.hubspot.poison('portal', { poison: 'missing_id', count: 1 });
    const [page] = await pagesOf(read('contacts'));
    expect(page?.items).toHaveLength(2);
    const map = await mapperOf(streamOf('contacts'), access.settings);
    expect(() => map(page?.items[1])).toThrow(/without an id/);
    expect(() => map({ id: '1', properties: { firstname: 5 } })).toThrow(/do not know/);
  });
});
