import { expect, test } from 'vitest';
import { POISON_NAMES } from '../../sandbox/index.ts';
import { callerOf, control, withSandbox } from './helpers.ts';

test('faults are armed, listed and disarmed over HTTP', () =>
  withSandbox({}, async (sandbox) => {
    const { status, body } = await control(sandbox, 'POST', 'faults', {
      kind: 'status',
      status: 500,
    });
    expect(status).toBe(201);
    expect((await callerOf(sandbox).fetch('read_user_list')).status).toBe(500);
    expect((await control(sandbox, 'GET', 'faults')).body).toMatchObject([
      { id: body.id, kind: 'status', hits: 1 },
    ]);
    await control(sandbox, 'DELETE', `faults/${String(body.id)}`);
    expect((await callerOf(sandbox).fetch('read_user_list')).status).toBe(200);
  }));

test('counters tell requests by account and endpoint and the most at once', () =>
  withSandbox({}, async (sandbox) => {
    await control(sandbox, 'POST', 'faults', { kind: 'latency', ms: 100, next: 3 });
    const { fetch } = callerOf(sandbox);
    await Promise.all([
      fetch('read_user_list'),
      fetch('read_user_list'),
      fetch('read_client_list?limit=1'),
    ]);
    await fetch('read_client_history_notes/1?x=1');
    const { body } = await control(sandbox, 'GET', 'counters');
    expect(body.total).toMatchObject({
      requests: 4,
      inFlight: 0,
      maxConcurrency: 3,
      faults: 3,
      statuses: { 200: 4 },
    });
    expect(body.byEndpoint).toMatchObject({
      'clienttether/summit GET read_user_list': { requests: 2, maxConcurrency: 2 },
      'clienttether/summit GET read_client_history_notes/:client_id': { requests: 1 },
    });
  }));

test('the log keeps paths but no secret', () =>
  withSandbox({}, async (sandbox) => {
    await callerOf(sandbox).fetch('read_client_list?limit=1');
    const { body } = await control(sandbox, 'GET', 'log');
    expect(body).toMatchObject([
      { account: 'summit', path: '/v2/api/read_client_list?limit=1', status: 200, fault: null },
    ]);
    expect(JSON.stringify(body)).not.toContain('CT_');
  }));

test('the source is changed in the middle and the truth follows', () =>
  withSandbox({}, async (sandbox) => {
    const { body: truth } = await control(sandbox, 'GET', 'truth/clienttether/summit?kind=clients');
    const [first, second] = truth.clients as Record<string, unknown>[];
    const changes = [
      { op: 'add', kind: 'clients', row: { firstName: 'Brand', lastName: 'New' } },
      { op: 'update', kind: 'clients', id: first?.client_id, row: { city: 'Elsewhere' } },
      { op: 'delete', kind: 'clients', id: second?.client_id },
      { op: 'add', kind: 'notes', row: { contact_id: first?.client_id, content: '<p>hello</p>' } },
      { op: 'add', kind: 'activities', row: { scheduled_at: '2026-12-01 10:00:00' } },
    ];
    const { status, body } = await control(sandbox, 'POST', 'mutate/clienttether/summit', {
      changes,
    });
    expect(status).toBe(200);
    const { clients = [], notes = [], activities = [] } = sandbox.clienttether.truth('summit');
    expect(clients.at(-1)).toMatchObject({
      client_id: (body.ids as string[])[0],
      firstName: 'Brand',
      created: '2026-11-20 12:00:00',
    });
    expect(clients[0]).toMatchObject({
      city: 'Elsewhere',
      last_modified_date: '2026-11-20 12:00:00',
    });
    expect(clients.some((row) => row.client_id === second?.client_id)).toBe(false);
    expect(notes.some((row) => row.content === '<p>hello</p>')).toBe(true);
    const dates = activities.map((row) => String(row.scheduled_at));
    expect(dates).toEqual([...dates].sort());
  }));

test('a change to a row that is not there is refused', () =>
  withSandbox({}, async (sandbox) => {
    const { status, body } = await control(sandbox, 'POST', 'mutate/clienttether/summit', {
      changes: [{ op: 'delete', kind: 'notes', id: 'nowhere' }],
    });
    expect([status, body.error]).toEqual([404, 'no notes row nowhere']);
    expect((await control(sandbox, 'GET', 'truth/clienttether/nobody')).status).toBe(404);
  }));

test.each([
  ['nul', '\\u0000'],
  ['lone_surrogate', '\\ud800'],
  ['bigint_id', '"client_id":9007199254740993'],
  ['overflow_number', '"deal_size":123456789012345678901234567890'],
  ['infinite_number', '"deal_size":1e400'],
  ['zero_date', '"created":"0000-00-00 00:00:00"'],
  ['bad_date', '"created":"2026-02-31 25:61:00"'],
  ['missing_id', '"client_id":false'],
  ['wrong_type', '"whiteboard":{"unexpected":["object"]}'],
  ['huge_text', 'x'.repeat(2 << 20)],
])('poison %s stands in the served JSON as it is', (poison, served) =>
  withSandbox({}, async (sandbox) => {
    await control(sandbox, 'POST', 'poison/clienttether/summit', { poison });
    const text = await (await callerOf(sandbox).fetch('read_client_list?limit=1')).text();
    expect(text.includes(served)).toBe(true);
  }),
);

test('every poison works on every kind, and the truth still reads', () =>
  withSandbox({}, async (sandbox) => {
    const contact_id = sandbox.clienttether.truth('summit').clients?.[0]?.client_id;
    for (const kind of ['clients', 'opportunities', 'notes', 'activities', 'events']) {
      for (const poison of POISON_NAMES)
        sandbox.clienttether.poison('summit', {
          kind,
          poison,
          row: kind === 'notes' ? { contact_id } : {},
        });
    }
    expect((await control(sandbox, 'GET', 'truth/clienttether/summit')).status).toBe(200);
  }));

test('time is moved over HTTP and the account lives on', () =>
  withSandbox({}, async (sandbox) => {
    const before = (await callerOf(sandbox).get('read_client_list?limit=1')).total ?? 0;
    await control(sandbox, 'POST', 'clock', { advanceMs: 7 * 86_400_000 });
    expect((await callerOf(sandbox).get('read_client_list?limit=1')).total).toBeGreaterThan(before);
  }));

test('reset clears faults and counters; with accounts it undoes every change', () =>
  withSandbox({}, async (sandbox) => {
    const before = sandbox.clienttether.truth('summit');
    sandbox.faults.arm({ kind: 'down' });
    sandbox.clienttether.poison('summit', { poison: 'nul', count: 3 });
    sandbox.clock.shift(86_400_000);
    await control(sandbox, 'POST', 'reset', { accounts: true });
    expect(sandbox.faults.list()).toEqual([]);
    expect(sandbox.log.counters().total.requests).toBe(0);
    expect(sandbox.clienttether.truth('summit')).toEqual(before);
  }));

test('a browser page can not reach the control endpoint', () =>
  withSandbox({}, async (sandbox) => {
    const response = await fetch(`${sandbox.url}/_control/reset`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    expect(response.status).toBe(403);
  }));
