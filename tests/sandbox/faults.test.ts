import { expect, test } from 'vitest';
import { demoAccounts } from '../../sandbox/index.ts';
import { FaultBook, type FaultInput } from '../../sandbox/kit/faults.ts';
import { callerOf, control, NOON, withSandbox } from './helpers.ts';

const LIST = 'GET read_client_list';

test.each<[FaultInput & { kind: 'rate_limited' }, string | null]>([
  [{ kind: 'rate_limited' }, null],
  [{ kind: 'rate_limited', retryAfter: 'soon' }, 'soon'],
  [{ kind: 'rate_limited', retryAfter: { style: 'seconds', ms: 1_500 } }, '2'],
  [{ kind: 'rate_limited', retryAfter: { style: 'milliseconds', ms: 1_500 } }, '1500'],
  [
    { kind: 'rate_limited', retryAfter: { style: 'http_date', ms: 60_000 } },
    'Fri, 20 Nov 2026 12:01:00 GMT',
  ],
  [{ kind: 'rate_limited', retryAfter: { style: 'iso', ms: 60_000 } }, '2026-11-20T12:01:00.000Z'],
])('429 with %j says Retry-After: %s', (fault, header) =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm(fault);
    const response = await callerOf(sandbox).fetch('read_client_list');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, header]);
  }),
);

test.each([401, 500, 502, 503])('status %i comes with an HTML body', (status) =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'status', status });
    const response = await callerOf(sandbox).fetch('read_client_list');
    expect([response.status, (await response.text()).slice(0, 9)]).toEqual([status, '<!DOCTYPE']);
  }),
);

test('HTML can come with 200', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'html_200' });
    const response = await callerOf(sandbox).fetch('read_client_list');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<html>');
  }));

test.each(['length', 'chunked'] as const)(
  'a body cut short under %s framing breaks the reader',
  (framing) =>
    withSandbox({}, async (sandbox) => {
      sandbox.faults.arm({ kind: 'cut', framing });
      const response = await callerOf(sandbox).fetch('read_client_list');
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow('terminated');
    }),
);

test('a body cut short without length or chunks looks whole but is not JSON', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'cut', framing: 'close' });
    const response = await callerOf(sandbox).fetch('read_client_list');
    const text = await response.text();
    expect([
      response.headers.get('content-length'),
      response.headers.get('transfer-encoding'),
    ]).toEqual([null, null]);
    expect(text.length).toBeGreaterThan(1_000);
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  }));

test('a dripping body comes in pieces and stops when the reader leaves', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'drip', bytes: 3, everyMs: 5 });
    const gone = new AbortController();
    const response = await callerOf(sandbox).fetch('read_client_list', { signal: gone.signal });
    const { value } = (await response.body?.getReader().read()) ?? {};
    expect(value?.length).toBeLessThan(100);
    gone.abort();
    await expect.poll(() => sandbox.log.counters().total.inFlight).toBe(0);
  }));

test('a gzip bomb is small on the wire and large when unpacked', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'gzip_bomb', megabytes: 20 });
    const response = await callerOf(sandbox).fetch('read_client_list');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await response.arrayBuffer()).byteLength).toBe(20 * 1024 * 1024 + 2);
  }));

test('a redirect leads elsewhere', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere', status: 307 });
    const response = await callerOf(sandbox).fetch('read_client_list', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([
      307,
      'http://127.0.0.1:9/elsewhere',
    ]);
  }));

test('while it is down every socket is destroyed, afterwards all is well', () =>
  withSandbox({}, async (sandbox) => {
    const id = sandbox.faults.arm({ kind: 'down' });
    await expect(callerOf(sandbox).fetch('read_client_list')).rejects.toThrow('fetch failed');
    sandbox.faults.disarm(id);
    expect((await callerOf(sandbox).get('read_client_list')).code).toBe('CT200');
  }));

test('a repeated page is the page before, once more', () =>
  withSandbox({}, async (sandbox) => {
    const { get } = callerOf(sandbox);
    sandbox.faults.arm({ kind: 'repeat_page', endpoint: LIST, after: 2, next: 1 });
    const pages = [];
    for (const offset of [0, 10, 20, 20])
      pages.push((await get(`read_client_list?limit=10&offset=${offset}`)).data);
    expect(pages[2]).toEqual(pages[1]);
    expect(pages[3]).not.toEqual(pages[1]);
  }));

test('endless pages are always full', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'endless_pages' });
    for (const offset of [0, 400, 100_000])
      expect(
        (await callerOf(sandbox).get(`read_client_list?limit=100&offset=${offset}`)).data,
      ).toHaveLength(100);
  }));

test('a failure after the effect has done its work', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, next: 1 });
    const { fetch, get } = callerOf(sandbox);
    const response = await fetch('create_client?firstName=It&lastName=Worked', { method: 'POST' });
    expect(response.status).toBe(502);
    expect((await get('read_client_list?limit=1')).data[0]).toMatchObject({
      firstName: 'It',
      lastName: 'Worked',
    });
  }));

test('a fault strikes only where it is aimed, as often as it is told', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({
      kind: 'status',
      status: 500,
      provider: 'clienttether',
      account: 'summit',
      endpoint: LIST,
      after: 1,
      next: 2,
    });
    const { fetch } = callerOf(sandbox);
    expect((await fetch('read_user_list')).status).toBe(200);
    for (let i = 0; i < 3; i++)
      expect((await callerOf(sandbox, demoAccounts.harbor).fetch('read_client_list')).status).toBe(
        200,
      );
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch('read_client_list')).status);
    expect(statuses).toEqual([200, 500, 500, 200, 200]);
    expect(sandbox.faults.list()).toEqual([]);
  }));

test('latency adds to another fault', () =>
  withSandbox({}, async (sandbox) => {
    sandbox.faults.arm({ kind: 'latency', ms: 20 });
    sandbox.faults.arm({ kind: 'status', status: 503 });
    expect(
      sandbox.faults.judge({ provider: 'clienttether', account: 'summit', endpoint: LIST }),
    ).toMatchObject({ latencyMs: 20, effect: { kind: 'status' } });
    expect((await callerOf(sandbox).fetch('read_client_list')).status).toBe(503);
  }));

test('faults by chance follow their seed', () => {
  const drawn = (seed: number) => {
    const book = new FaultBook();
    book.arm({ kind: 'down', probability: 0.3, seed });
    return Array.from(
      { length: 200 },
      () => book.judge({ provider: 'p', account: 'a', endpoint: 'e' }).effect !== null,
    );
  };
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  const hits = drawn(1).filter(Boolean).length;
  expect(hits).toBeGreaterThan(30);
  expect(hits).toBeLessThan(90);
});

test('an unknown fault is refused with what is wrong', () =>
  withSandbox({ now: NOON }, async (sandbox) => {
    const { status, body } = await control(sandbox, 'POST', 'faults', { kind: 'gremlin' });
    expect(status).toBe(400);
    expect(body.issues).toHaveLength(1);
    expect(sandbox.faults.list()).toEqual([]);
  }));

test('a fault can befall all endpoints that begin alike', () => {
  const faults = new FaultBook();
  faults.arm({ kind: 'down', endpoint: 'GET v1/*' });
  const hits = (endpoint: string) =>
    faults.judge({ provider: 'x', account: null, endpoint }).effect !== null;
  expect(['GET v1/leads', 'GET v1/', 'POST v1/leads', 'GET v2/leads'].map(hits)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
