import { expect, test } from 'vitest';
import { bulkAccount, demoAccounts, rowsAccount } from '../../sandbox/index.ts';
import { MISSING_HEADER_STATUS } from '../../sandbox/clienttether/provider.ts';
import { callerOf, readAll, withSandbox } from './helpers.ts';

const KEYS = { webKey: 'CT_1', accessToken: 'token' };

test.each<Record<string, string>>([
  { 'x-web-key': demoAccounts.summit.webKey },
  { 'x-access-token': demoAccounts.summit.accessToken },
  {},
])('a call with only the headers %j is stopped by a gateway that speaks HTML', (headers) =>
  withSandbox({}, async (sandbox) => {
    const response = await fetch(`${sandbox.clienttether.baseUrl}read_client_list`, { headers });
    expect(response.status).toBe(MISSING_HEADER_STATUS);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<h1>');
  }),
);

test('a wrong web key or a wrong access token is a business error with HTTP 200', () =>
  withSandbox({}, async (sandbox) => {
    for (const wrong of [{ webKey: 'CT_nobody' }, { accessToken: 'stale' }]) {
      const answer = await callerOf(sandbox, { ...demoAccounts.summit, ...wrong }).get(
        'read_client_list',
      );
      expect(answer.code).toBe('CT401');
      expect(answer.data).toEqual([]);
    }
  }));

test('the web key alone decides which account is read', () =>
  withSandbox({}, async (sandbox) => {
    const summit = await readAll(callerOf(sandbox), 'read_client_list');
    const juniper = await readAll(
      callerOf(sandbox, { ...demoAccounts.summit, webKey: demoAccounts.juniper.webKey }),
      'read_client_list',
    );
    expect(summit.length).toBeGreaterThan(400);
    expect(juniper.length).toBeLessThan(100);
    expect(juniper.length).toBeGreaterThan(50);
  }));

test('both spellings of the envelope come in turn', () =>
  withSandbox({}, async (sandbox) => {
    const { get } = callerOf(sandbox);
    const [first, second] = [await get('read_user_list'), await get('read_user_list')];
    expect(first.raw).toHaveProperty('ResultCode', 'CT_200');
    expect(second.raw).toHaveProperty('resultCode', 'CT200');
  }));

test('without a limit one page of 100 comes, newest first', () =>
  withSandbox({}, async (sandbox) => {
    const { data, total } = await callerOf(sandbox).get('read_client_list');
    const dates = data.map((row) => String(row.created));
    expect(data).toHaveLength(100);
    expect(total).toBe(sandbox.clienttether.truth('summit').clients?.length);
    expect(dates).toEqual([...dates].sort().reverse());
  }));

test('pages by offset add up to the truth', () =>
  withSandbox({}, async (sandbox) => {
    const truth = sandbox.clienttether.truth('summit');
    const caller = callerOf(sandbox);
    expect((await readAll(caller, 'read_client_list')).toReversed()).toEqual(truth.clients);
    expect((await readAll(caller, 'read_opportunity_list', 37)).toReversed()).toEqual(
      truth.opportunities,
    );
    expect((await readAll(caller, 'read_sales_cycle_any_activity')).toReversed()).toEqual(
      truth.activities,
    );
    expect((await readAll(caller, 'read_all_events?event_type=appt')).toReversed()).toEqual(
      truth.events,
    );
  }));

test('a lead that arrives between two pages pushes the rows on, so that one is read twice', () =>
  withSandbox({}, async (sandbox) => {
    const { get } = callerOf(sandbox);
    const first = (await get('read_client_list?limit=10&offset=0')).data;
    sandbox.clienttether.mutate('summit', {
      changes: [{ op: 'add', kind: 'clients', row: { firstName: 'Late', lastName: 'Comer' } }],
    });
    const second = (await get('read_client_list?limit=10&offset=10')).data;
    expect(second[0]).toEqual(first[9]);
  }));

test('new leads have a blank stage, ids are strings, absent ids are false', () =>
  withSandbox({}, async (sandbox) => {
    const rows = await readAll(callerOf(sandbox), 'read_client_list');
    expect(rows.filter((row) => row.clients_sales_cycle === '').length).toBeGreaterThan(0);
    expect(new Set(rows.map((row) => typeof row.client_id))).toEqual(new Set(['string']));
    expect(
      new Set(
        rows.map((row) => (typeof row.external_id === 'string' ? 'string' : row.external_id)),
      ),
    ).toEqual(new Set(['string', false]));
    // Domains that RFC 2606 keeps for examples: nobody is behind them.
    expect(
      rows.every(
        (row) =>
          row.email === '' || /@(example\.(com|org)|[a-z]+\.example)$/.test(String(row.email)),
      ),
    ).toBe(true);
    expect(rows.every((row) => row.phone === '' || /^\d{3}555\d{4}$/.test(String(row.phone)))).toBe(
      true,
    );
  }));

test('action plans are nested one level deeper than the other lists', () =>
  withSandbox({}, async (sandbox) => {
    const { get } = callerOf(sandbox);
    const plans = (await get('read_action_plan_list')).data as unknown as Record<
      string,
      unknown
    >[][];
    expect(plans[0]?.[0]).toHaveProperty('action_plan_name');
    expect((await get('read_sales_cycle_list')).data[0]).toMatchObject({
      sales_cycle_active_status: '1',
    });
    expect((await get('read_lead_source_list')).data[0]).toHaveProperty('lead_source_id');
  }));

test('a client without notes gives CT_515 with HTTP 200, others their newest notes first', () =>
  withSandbox(
    {
      accounts: [
        rowsAccount({
          name: 'a',
          ...KEYS,
          rows: {
            clients: [{ client_id: '1' }, { client_id: '2' }],
            notes: [
              { id: '8', contact_id: '1' },
              { id: '7', contact_id: '1' },
            ],
          },
        }),
      ],
    },
    async (sandbox) => {
      const { get } = callerOf(sandbox, KEYS);
      expect((await get('read_client_history_notes/1')).data.map((note) => note.id)).toEqual([
        '8',
        '7',
      ]);
      const none = await get('read_client_history_notes/2');
      expect([none.code, none.raw.client_id]).toEqual(['CT515', false]);
    },
  ));

test('the prefixed dialect renames notes and activities and nests custom fields', () =>
  withSandbox({}, async (sandbox) => {
    const { get } = callerOf(sandbox, demoAccounts.juniper);
    const truth = sandbox.clienttether.truth('juniper');
    const [note] = (
      await get(`read_client_history_notes/${String(truth.notes?.at(-1)?.contact_id)}`)
    ).data;
    expect(Object.keys(note ?? {})).toEqual([
      'note_id',
      'client_id',
      'created',
      'user_name',
      'note',
    ]);
    const [activity] = (await get('read_sales_cycle_any_activity')).data;
    expect(Object.keys(activity ?? {})).toEqual(
      expect.arrayContaining([
        'activity_id',
        'activity_type',
        'start_date',
        'client_name',
        'note',
        'activity_status',
      ]),
    );
    const [opportunity] = (await get('read_opportunity_list')).data;
    expect(opportunity).not.toHaveProperty('market');
    expect(opportunity?.custom_fields).toMatchObject({
      market: expect.any(String) as string,
      units: expect.any(String) as string,
    });
  }));

test('activities are cut to the window asked for, both ends included', () =>
  withSandbox({}, async (sandbox) => {
    const [from, to] = ['2026-11-02 00:00:00', '2026-11-27 15:00:00'];
    sandbox.clienttether.mutate('summit', {
      changes: [from, to].map((scheduled_at) => ({
        op: 'add',
        kind: 'activities',
        row: { scheduled_at, description: 'on the edge' },
      })),
    });
    const rows = await readAll(
      callerOf(sandbox),
      `read_sales_cycle_any_activity?start_date=${from}&end_date=${to}`,
    );
    const expected = sandbox.clienttether
      .truth('summit')
      .activities?.filter(
        (row) => String(row.scheduled_at) >= from && String(row.scheduled_at) <= to,
      );
    expect(rows.filter((row) => row.description === 'on the edge')).toHaveLength(2);
    expect(rows.toReversed()).toEqual(expected);
  }));

test('a page of a large bulk account holds the rows that its ids name', () =>
  withSandbox(
    { accounts: [bulkAccount({ name: 'b', ...KEYS, clients: 250_000, notesPerClient: 2 })] },
    async (sandbox) => {
      const { get } = callerOf(sandbox, KEYS);
      const { data, total } = await get('read_client_list?limit=100&offset=200000');
      expect([data.length, total, data[0]?.client_id]).toEqual([
        100,
        250_000,
        String(1_000_000 + 49_999),
      ]);
      expect((await get(`read_client_by_id/${String(data[0]?.client_id)}`)).data[0]).toEqual(
        data[0],
      );
      expect(
        (await get(`read_client_history_notes/${String(data[0]?.client_id)}`)).data,
      ).toHaveLength(2);
      sandbox.clienttether.mutate('b', {
        changes: [{ op: 'delete', kind: 'clients', id: String(data[0]?.client_id) }],
      });
      expect((await get(`read_client_by_id/${String(data[0]?.client_id)}`)).code).toBe('CT515');
      expect((await get('read_client_list?limit=1&offset=200000')).data[0]?.client_id).toBe(
        data[1]?.client_id,
      );
    },
  ));

test('over its limit an account answers 429 with Retry-After', () =>
  withSandbox(
    {
      accounts: [rowsAccount({ name: 'a', ...KEYS, rateLimit: { requests: 2, windowMs: 60_000 } })],
    },
    async (sandbox) => {
      const statuses = [];
      for (let i = 0; i < 3; i++)
        statuses.push((await callerOf(sandbox, KEYS).fetch('read_user_list')).status);
      expect(statuses).toEqual([200, 200, 429]);
      sandbox.clock.shift(60_000);
      expect((await callerOf(sandbox, KEYS).fetch('read_user_list')).status).toBe(200);
    },
  ));
