import { describe, expect, it } from 'vitest';
import { clienttether } from '#lib/connectors/clienttether/index.ts';
import { readItem } from '#lib/connectors/clienttether/responses.ts';
import type { FaultInput } from '../../../sandbox/index.ts';
import { clientRows, connect, noteRows, NOW } from './harness.ts';
import { serve } from '../../platform/http/servers.ts';

const ids = (rows: { client_id: unknown }[]) => rows.map((row) => row.client_id);
const failed = (kind: string) => ({
  ok: false,
  error: expect.objectContaining({ name: 'RemoteError', kind }),
});

describe('lists', () => {
  it('are read to the end over any number of pages, each row once', async () => {
    for (const count of [0, 1, 19, 20, 21, 40, 95]) {
      const { client, sandbox } = await connect({
        account: { rows: { clients: clientRows(count) } },
        settings: { pageSize: 20 },
      });
      const result = await client.getLeads();
      expect(result.ok && ids(result.data)).toEqual(
        ids(clientRows(count) as { client_id: unknown }[]),
      );
      expect(sandbox.log.counters().total.requests).toBeLessThanOrEqual(count / 18 + 1);
    }
  });

  it.each(['plain', 'prefixed'] as const)('mean the same in the %s dialect', async (dialect) => {
    const { client } = await connect({
      account: {
        dialect,
        customFields: dialect === 'plain' ? 'flat' : 'nested',
        totalRecord: dialect === 'plain' ? 'grand' : 'page',
        rows: {
          opportunities: [
            { opportunity_id: '61', contact_sales_cycle: 'FDD Sent', market: 'Boise' },
          ],
          activities: [
            {
              id: '41',
              type: 'Call',
              scheduled_at: '2026-11-02 10:00:00',
              contact_name: 'Rosa',
              description: 'Talk',
            },
          ],
          events: [{ event_id: '51', start_date: '2026-11-03 10:00:00', title: 'Tour' }],
          clients: clientRows(1),
          notes: noteRows(['9000']),
        },
        lookups: {
          salesCycles: ['FDD Sent'],
        },
      },
    });
    expect(await client.getOpportunities()).toMatchObject({
      ok: true,
      data: [{ opportunity_id: '61', contact_sales_cycle: 'FDD Sent' }],
    });
    expect(
      await client.getScheduledActivities({
        startDate: '2026-11-01',
        endDate: '2026-12-01T00:00:00Z',
      }),
    ).toMatchObject({
      ok: true,
      data: [
        {
          id: '41',
          type: 'Call',
          scheduled_at: '2026-11-02 10:00:00',
          contact_name: 'Rosa',
          description: 'Talk',
          status: 'Scheduled',
        },
      ],
    });
    expect(await client.getScheduledActivities({ startDate: '2026-12-01' })).toEqual({
      ok: true,
      data: [],
    });
    expect(await client.getEvents({ startDate: '2026-11-01' })).toMatchObject({
      ok: true,
      data: [{ event_id: '51', title: 'Tour', client_id: null }],
    });
    expect(await client.getNotes({ contactId: '9000' })).toMatchObject({
      ok: true,
      data: [{ id: '700', contact_id: '9000', author: 'Dana', content: '<p>About 9000</p>' }],
    });
    const { items } = await client.readSalesCycles();
    expect(items.map((item) => readItem('salesCycle', item))).toMatchObject([
      { sales_cycle_name: 'FDD Sent', sales_cycle_active_status: '1' },
    ]);
  });
});

describe('notes', () => {
  const account = { rows: { clients: clientRows(30), notes: noteRows(['9000', '8995', '8980']) } };

  it('are asked only of clients that changed, a few at once', async () => {
    const { client, sandbox } = await connect({ account });
    const result = await client.getNotes({ since: '2026-10-26 00:00:00' });
    expect(result).toMatchObject({ ok: true, data: [] });
    const asked = Object.entries(sandbox.log.counters().byEndpoint)
      .filter(([name]) => name.includes('notes'))
      .map(([, counter]) => counter);
    expect(asked).toMatchObject([{ requests: 7 }]);
    expect(asked[0]?.maxConcurrency).toBeLessThanOrEqual(4);
  });

  it('come of all clients without a date, and of one with its id', async () => {
    const { client } = await connect({ account });
    const all = await client.getNotes();
    expect(all.ok && all.data.map((note) => note.contact_id).toSorted()).toEqual([
      '8980',
      '8995',
      '9000',
    ]);
    expect(await client.getNotes({ contactId: '8995' })).toMatchObject({
      ok: true,
      data: [{ contact_id: '8995' }],
    });
    expect(await client.getNotes({ contactId: 'nobody' })).toEqual({ ok: true, data: [] });
    expect(await client.getNotes({ contactId: '8995', since: '2026-10-21' })).toEqual({
      ok: true,
      data: [],
    });
  });
});

describe('keys', () => {
  it('go out as both headers on every call', async () => {
    const seen: unknown[] = [];
    const server = await serve((request, response) => {
      seen.push([request.headers['x-access-token'], request.headers['x-web-key']]);
      response.end('{"ResultCode":"CT_515"}');
    });
    const { client } = await connect({
      settings: { baseUrl: server.url },
      secrets: { accessToken: ' a.b.c\n', webKey: 'CT_1' },
    });
    const calls = [
      client.getLeads(),
      client.getOpportunities(),
      client.getNotes({ contactId: '1' }),
      client.getScheduledActivities(),
      client.getEvents(),
    ];
    for (const result of await Promise.all(calls)) expect(result).toEqual({ ok: true, data: [] });
    expect(await client.readSalesCycles()).toMatchObject({ items: [] });
    expect(seen).toEqual(Array(calls.length + 1).fill(['a.b.c', 'CT_1']));
  });

  it.each([
    { accessToken: 'other', webKey: 'CT_feed01' },
    { accessToken: 'token-of-the-agency', webKey: 'CT_0' },
    { accessToken: 'x' },
    {},
  ])('that are wrong or missing are an auth error: %j', async (secrets) => {
    const { client, access } = await connect({ secrets: secrets as Record<string, string> });
    expect(await client.getLeads()).toMatchObject(failed('auth'));
    await expect(clienttether.check({ ...access, now: NOW, concurrency: 1 })).rejects.toMatchObject(
      { kind: 'auth' },
    );
  });

  it('that are right pass the check with one request', async () => {
    const { access, sandbox } = await connect();
    await clienttether.check({ ...access, now: NOW, concurrency: 1 });
    expect(sandbox.log.counters().total.requests).toBe(1);
  });
});

describe('faults', () => {
  const account = { rows: { clients: clientRows(50) } };
  const passing: FaultInput[] = [
    { kind: 'rate_limited' },
    { kind: 'rate_limited', html: true },
    { kind: 'rate_limited', retryAfter: '-1' },
    { kind: 'rate_limited', retryAfter: 'soon' },
    { kind: 'rate_limited', retryAfter: { style: 'seconds', ms: 5000 } },
    { kind: 'rate_limited', retryAfter: { style: 'http_date', ms: 5000 } },
    { kind: 'rate_limited', retryAfter: { style: 'iso', ms: 5000 } },
    { kind: 'rate_limited', retryAfter: { style: 'milliseconds', ms: 5000 } },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502 },
    { kind: 'status', status: 503 },
    { kind: 'html_200' },
    { kind: 'down' },
    { kind: 'cut', framing: 'length' },
    { kind: 'cut', framing: 'chunked' },
    { kind: 'cut', framing: 'close' },
  ];
  it.each(passing)('that pass are waited out: %j', async (fault) => {
    const { client, sandbox, waits } = await connect({ account, settings: { pageSize: 20 } });
    sandbox.faults.arm({ ...fault, after: 1, next: 2 });
    const result = await client.getLeads();
    expect(result.ok && result.data).toHaveLength(50);
    expect(waits).toHaveLength(2);
    const asked = 'retryAfter' in fault && typeof fault.retryAfter === 'object';
    if (asked) for (const wait of waits) expect(wait >= 5000 && wait <= 6000).toBe(true);
  });

  it('that drip are cut off and tried again', async () => {
    const { client, sandbox } = await connect({ account, http: { deadlineMs: 2_000 } });
    sandbox.faults.arm({ kind: 'drip', bytes: 1, everyMs: 50, next: 1 });
    expect(await client.getLeads()).toMatchObject({ ok: true });
  });

  const lasting: [string, FaultInput][] = [
    ['transient', { kind: 'status', status: 500 }],
    ['transient', { kind: 'html_200' }],
    ['transient', { kind: 'down' }],
    ['transient', { kind: 'cut', framing: 'close' }],
    ['rate_limited', { kind: 'rate_limited' }],
    ['rate_limited', { kind: 'rate_limited', retryAfter: '900' }],
    ['auth', { kind: 'status', status: 401 }],
    ['auth', { kind: 'status', status: 403 }],
    ['malformed', { kind: 'gzip_bomb', megabytes: 50 }],
    ['malformed', { kind: 'redirect', location: 'http://127.0.0.1:1/' }],
    ['malformed', { kind: 'endless_pages' }],
  ];
  it.each(lasting)('that last are %s: %j', async (kind, fault) => {
    const { client, sandbox } = await connect({ account, settings: { pageSize: 20 } });
    sandbox.faults.arm(fault);
    expect(await client.getLeads()).toMatchObject(failed(kind));
  });

  it('that repeat a page end the list as malformed, not as complete', async () => {
    const { client, sandbox } = await connect({ account, settings: { pageSize: 20 } });
    sandbox.faults.arm({ kind: 'repeat_page', after: 1 });
    expect(await client.getLeads()).toMatchObject(failed('malformed'));
  });

  it('of the network end as transient', async () => {
    const { client, sandbox } = await connect();
    await sandbox.close(0);
    expect(await client.getLeads()).toMatchObject(failed('transient'));
  });
});
