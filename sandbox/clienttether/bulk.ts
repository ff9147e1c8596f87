import { dateTime } from '../kit/clock.ts';
import { hash32, randomFrom } from '../kit/random.ts';
import type { AccountIdentity, AccountSpec, Lookups } from './account.ts';
import { DAY } from './calendar.ts';
import { DEFAULT_SOURCES } from './generator.ts';
import { opportunityOfClient } from './life-events.ts';
import { noteHtml } from './note-texts.ts';
import { blankClient, blankOpportunity, blankRow, type Row } from './rows.ts';
import { ACTION_PLANS, CITIES, FIRST_NAMES, LAST_NAMES, STAGES } from './sample-values.ts';

export interface BulkOptions extends AccountIdentity {
  seed?: string | number;
  clients: number;
  /** Default: a third of the clients. */
  opportunities?: number;
  /** Default: a tenth of the clients; half of them lie after `now`. */
  activities?: number;
  /** Notes of each client; default 0, since notes cost one request per client. */
  notesPerClient?: number;
  /** Newest row's date, epoch ms; default 2026-11-01. */
  now?: number;
  historyDays?: number;
}

const SOURCES = Object.keys(DEFAULT_SOURCES);
const BULK_NOW = Date.UTC(2026, 10, 1);

/**
 * A still account for benchmarks: a row is computed in a few microseconds when it is read, so that
 * a million cost a list of numbers.
 */
export function bulkAccount(options: BulkOptions): AccountSpec {
  const {
    clients,
    opportunities = Math.floor(clients / 3),
    activities = Math.floor(clients / 10),
  } = options;
  return {
    ...options,
    content: () => ({
      lookups: bulkLookups(),
      lazy: {
        clients: {
          count: clients,
          build: (key) => bulkClient(options, key),
          parseId: keyWithin(1_000_000, clients),
        },
        opportunities: {
          count: opportunities,
          build: (key) => bulkOpportunity(options, key),
          parseId: keyWithin(5_000_000, opportunities),
        },
        activities: {
          count: activities,
          build: (key) => bulkActivity(options, activities, key),
          parseId: keyWithin(40_000_000, activities),
        },
      },
      findOpportunityId: opportunityOfClient,
      buildNotes: (clientId) => bulkNotes(options, clientId),
    }),
  };
}

function bulkClient(options: BulkOptions, key: number): Row {
  const bits = hash32(`${options.seed ?? 1}/${key}`);
  const { firstName, lastName, city } = pickPerson(bits);
  const created = dateAt(options, key, options.clients);
  return {
    ...blankClient(String(1_000_000 + key)),
    firstName,
    lastName,
    email: `${firstName.toLowerCase()}${key}@example.com`,
    phone: `${city[3]}555${String(bits % 10_000).padStart(4, '0')}`,
    city: city[0],
    state: city[1],
    zip: `${city[2]}01`,
    clients_action_plan: ACTION_PLANS[0],
    clients_lead_source: at(SOURCES, bits >>> 4),
    clients_sales_cycle: pickStage(bits),
    created,
    last_modified_date: created,
    assigned_user: 'Dana Prescott',
  };
}

function bulkOpportunity(options: BulkOptions, key: number): Row {
  const bits = hash32(`${options.seed ?? 1}/o${key}`);
  const { firstName, lastName, city } = pickPerson(bits);
  const created = dateAt(options, key, options.opportunities ?? options.clients / 3);
  return {
    ...blankOpportunity(String(5_000_000 + key)),
    firstName,
    lastName,
    contact_sales_cycle: pickStage(bits),
    contact_lead_source: at(SOURCES, bits >>> 4),
    contact_action_plan: ACTION_PLANS[0],
    deal_size: `${39_500 + (bits % 5) * 2_500}.00`,
    created,
    last_modified_date: created,
    market: `${city[0]}, ${city[1]}`,
    units: String(1 + (bits % 3)),
  };
}

function bulkActivity(options: BulkOptions, count: number, key: number): Row {
  const { firstName, lastName } = pickPerson(hash32(`${options.seed ?? 1}/a${key}`));
  const now = options.now ?? BULK_NOW;
  const scheduled = now + (key / Math.max(1, count) - 0.5) * 120 * DAY;
  return {
    ...blankRow('activities', String(40_000_000 + key)),
    scheduled_at: dateTime(scheduled),
    contact_name: `${firstName} ${lastName}`,
    description: 'Follow up on open questions',
    status: scheduled > now ? 'Scheduled' : 'Completed',
  };
}

function bulkNotes(options: BulkOptions, clientId: string): Row[] {
  const key = keyWithin(1_000_000, options.clients)(clientId);
  const count = options.notesPerClient ?? 0;
  if (key === undefined || count === 0) return [];
  const random = randomFrom(options.seed ?? 1, 'notes', key);
  const { firstName } = pickPerson(hash32(`${options.seed ?? 1}/${key}`));
  return Array.from({ length: count }, (_, n) => ({
    id: String(20_000_000 + key * 16 + (count - n)),
    contact_id: clientId,
    date: dateAt(options, key, options.clients),
    author: 'Dana Prescott',
    content: noteHtml(
      at(STAGES, n + key),
      { first: firstName, market: 'Denver, CO', units: 1, fee: '$45,000' },
      random,
    ),
  }));
}

function pickPerson(bits: number) {
  return {
    firstName: at(FIRST_NAMES, bits >>> 3),
    lastName: at(LAST_NAMES, bits >>> 11),
    city: at(CITIES, bits >>> 19),
  };
}

/** Every seventh lead is new: its stage is blank. */
function pickStage(bits: number): string {
  return bits % 7 === 0 ? '' : at(STAGES, bits >>> 7);
}

function dateAt(
  { now = BULK_NOW, historyDays = 365 }: BulkOptions,
  key: number,
  count: number,
): string {
  return dateTime(now - (1 - (key + 1) / Math.max(1, count)) * historyDays * DAY);
}

function at<T>(items: readonly T[], n: number): T {
  return items[n % items.length] as T;
}

function keyWithin(base: number, count: number): (id: string) => number | undefined {
  return (id) => {
    const key = Number(id) - base;
    return Number.isInteger(key) && key >= 0 && key < count ? key : undefined;
  };
}

function bulkLookups(): Lookups {
  return {
    salesCycles: STAGES,
    leadSources: SOURCES,
    actionPlans: ACTION_PLANS,
    users: [{ firstName: 'Dana', lastName: 'Prescott', email: 'dana.prescott@example.com' }],
  };
}
