import type { Random } from '../kit/random.ts';
import type { Lookups } from './account.ts';
import { blankClient, type Row } from './rows.ts';
import {
  CITIES,
  COMPANY_SUFFIXES,
  FIRST_NAMES,
  LAST_NAMES,
  MAIL_DOMAINS,
  STREET_KINDS,
  STREETS,
} from './sample-values.ts';

/** Sources and how often a lead comes from each, in the same order. */
export interface SourceMix {
  leadSources: string[];
  weights: number[];
}

/** A new lead: no stage, no plan result yet, dirty in the ways such lists are dirty. */
export function newClient(
  id: string,
  number: number,
  created: string,
  random: Random,
  lookups: Lookups,
  mix: SourceMix,
): Row {
  const [firstName, lastName] = name(random);
  const [city, state, zip, area] = random.pick(CITIES);
  const withAddress = random.chance(0.88);
  return {
    ...blankClient(id),
    external_id: random.chance(0.45) ? `W-${random.int(100_000, 999_999)}` : false,
    firstName,
    lastName,
    compName: random.chance(0.12) ? `${lastName} ${random.pick(COMPANY_SUFFIXES)}` : '',
    email: random.chance(0.97) ? address(firstName, lastName, number, random) : '',
    phone: random.chance(0.96) ? `${area}555${String(random.int(0, 9999)).padStart(4, '0')}` : '',
    ...(withAddress && {
      address: street(random),
      city,
      state,
      zip: zip + String(random.int(0, 99)).padStart(2, '0'),
    }),
    whiteboard: random.chance(0.3)
      ? `<p>Liquid: $${random.int(8, 60) * 10}k<br>Timeline: ` +
        `${random.pick(['ASAP', '3-6 months', '6-12 months', 'just looking'])}</p>`
      : '',
    clients_action_plan: random.pick(lookups.actionPlans.slice(0, 2)),
    clients_lead_source: random.chance(0.98) ? random.weighted(mix.leadSources, mix.weights) : '',
    created,
    last_modified_date: created,
    assigned_user: fullName(random.pick(lookups.users)),
  };
}

/** Where the candidate wants to open: mostly at home, sometimes where the map is still open. */
export function pickMarket(client: Row, random: Random): string {
  const [city, state] = random.pick(CITIES);
  return client.city && random.chance(0.75)
    ? `${String(client.city)}, ${String(client.state)}`
    : `${city}, ${state}`;
}

export function fullName({
  firstName,
  lastName,
}: {
  firstName?: unknown;
  lastName?: unknown;
}): string {
  return `${String(firstName ?? '')} ${String(lastName ?? '')}`.trim();
}

/** Calls and texts from unknown numbers leave placeholder people behind. */
function name(random: Random): [string, string] {
  if (random.chance(0.012)) return ['No Name', random.pick(['Text Added', 'Added by Call'])];
  return [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
}

function address(first: string, last: string, number: number, random: Random): string {
  const local = `${first}.${last}`.toLowerCase().replace(/[^a-z.]/g, '');
  return `${local}${number}@${random.pick(MAIL_DOMAINS)}`;
}

function street(random: Random): string {
  return `${random.int(100, 9900)} ${random.pick(STREETS)} ${random.pick(STREET_KINDS)}`;
}
