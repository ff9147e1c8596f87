import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientTetherAccount } from '../../sandbox/clienttether/account.ts';
import { computeArrival } from '../../sandbox/clienttether/generator.ts';
import { livingAccount, type Row } from '../../sandbox/index.ts';
import { callerOf, NOON, readAll, withSandbox } from './helpers.ts';

const DAY = 86_400_000;
const spec = (seed: number, clients = 25) =>
  livingAccount({
    name: 'a',
    webKey: 'k',
    accessToken: 't',
    seed,
    clients,
    now: NOON,
    historyDays: 120,
  });

test('rows are a function of seed and time, whatever the steps on the way', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(fc.integer({ min: -130, max: 200 }), { minLength: 1, maxLength: 6 }),
      (seed, days) => {
        const stepwise = new ClientTetherAccount(spec(seed));
        for (const day of days.toSorted((a, b) => a - b)) stepwise.advance(NOON + day * DAY);
        const atOnce = new ClientTetherAccount(spec(seed));
        atOnce.advance(NOON + Math.max(...days) * DAY);
        expect(stepwise.truth()).toEqual(atOnce.truth());
      },
    ),
    { numRuns: 60 },
  );
});

test('a row keeps its id for ever and its content until its date of change moves', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 60 * 24 }), (seed, hours) => {
      const account = new ClientTetherAccount(spec(seed));
      account.advance(NOON);
      const before = account.truth();
      account.advance(NOON + hours * 3_600_000);
      for (const kind of ['clients', 'opportunities'] as const) {
        const after = new Map(account.rows(kind).map((row) => [idOf(row), row]));
        for (const row of before[kind] ?? []) {
          const now = after.get(idOf(row));
          if (now?.last_modified_date === row.last_modified_date) expect(now).toEqual(row);
          else expect(String(now?.last_modified_date) > String(row.last_modified_date)).toBe(true);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('each new note moves its client, so that a reader can tell whose notes to fetch', () => {
  const account = new ClientTetherAccount(spec(7, 80));
  account.advance(NOON);
  const known = new Set(account.rows('notes').map((note) => note.id));
  account.advance(NOON + 20 * DAY);
  const fresh = account.rows('notes').filter((note) => !known.has(note.id));
  expect(fresh.length).toBeGreaterThan(5);
  for (const note of fresh)
    expect(
      String(account.clients.get(String(note.contact_id))?.last_modified_date) >= String(note.date),
    ).toBe(true);
});

test('ids are unique within each kind', () => {
  const account = new ClientTetherAccount(spec(3, 400));
  account.advance(NOON + 90 * DAY);
  const kinds = Object.values(account.truth());
  expect(kinds.filter((rows) => rows.length > 1).length).toBeGreaterThanOrEqual(5);
  for (const rows of kinds) expect(new Set(rows.map(idOf)).size).toBe(rows.length);
});

test('leads arrive in the order of their numbers and are all there at the counted instant', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 3_000 }), (seed, clients) => {
      const options = {
        name: 'a',
        webKey: 'k',
        accessToken: 't',
        seed,
        clients,
        now: NOON,
        historyDays: 300,
      };
      const arrivals = Array.from({ length: 200 }, (_, i) =>
        computeArrival(options, i + Math.max(0, clients - 100)),
      );
      expect(arrivals.every((at, i) => i === 0 || at >= (arrivals[i - 1] ?? 0))).toBe(true);
      expect(computeArrival(options, clients - 1)).toBeLessThan(NOON + DAY);
    }),
  );
});

test('as time passes leads arrive, stages move, notes are added and activities settle', () => {
  const account = new ClientTetherAccount(spec(11, 200));
  account.advance(NOON);
  const before = account.truth();
  account.advance(NOON + 14 * DAY);
  const after = account.truth();
  for (const kind of ['clients', 'opportunities', 'notes', 'activities', 'events'])
    expect(after[kind]?.length).toBeGreaterThan(before[kind]?.length ?? 0);
  const stages = new Map(before.clients?.map((row) => [row.client_id, row.clients_sales_cycle]));
  expect(
    after.clients?.some(
      (row) => stages.has(row.client_id) && stages.get(row.client_id) !== row.clients_sales_cycle,
    ),
  ).toBe(true);
  const scheduled = new Set(
    before.activities?.filter((row) => row.status === 'Scheduled').map((row) => row.id),
  );
  expect(after.activities?.some((row) => scheduled.has(row.id) && row.status === 'Completed')).toBe(
    true,
  );
});

test('activities still scheduled lie in the future, the others in the past', () => {
  const account = new ClientTetherAccount(spec(5, 300));
  account.advance(NOON);
  const halfAnHourAgo = new Date(NOON - 1_800_000).toISOString().slice(0, 19).replace('T', ' ');
  const activities = account.rows('activities');
  expect(new Set(activities.map(({ status }) => status === 'Scheduled'))).toEqual(
    new Set([true, false]),
  );
  for (const row of activities)
    expect(row.status === 'Scheduled').toBe(String(row.scheduled_at) > halfAnHourAgo);
});

test('a restarted sandbox serves the same rows over HTTP', async () => {
  const rows: Record<string, unknown>[][] = [];
  for (let start = 0; start < 2; start++) {
    await withSandbox({}, async (sandbox) => {
      rows.push(await readAll(callerOf(sandbox), 'read_client_list'));
    });
  }
  expect(rows[0]).toEqual(rows[1]);
});

function idOf(row: Row): string {
  return String(row.event_id ?? row.opportunity_id ?? row.client_id ?? row.id);
}
