import type { Row } from '../../sandbox/index.ts';

/** What the sandbox holds, counted without any of our code. */
export interface Truth {
  leads: number;
  /** Leads by source and by status, opportunities by stage. */
  sources: Map<string, number>;
  statuses: Map<string, number>;
  stages: Map<string, number>;
  /** Of all open opportunities, in dollars. */
  value: number;
  notes: number;
  /** Starts of what is ahead, soonest first. */
  ahead: Date[];
  /** The day on which each lead was created, in the tenant's time zone. */
  created: string[];
}

/** The stages of the sandbox in which a deal is decided. */
const decided = ['FA Signed', 'Closed Lost'];

export function truthOf(
  {
    clients = [],
    opportunities = [],
    notes = [],
    activities = [],
    events = [],
  }: Record<string, Row[]>,
  timeZone: string,
): Truth {
  return {
    leads: clients.length,
    sources: counts(clients.map((row) => row['clients_lead_source'] || 'No source')),
    statuses: counts(clients.map((row) => row['clients_sales_cycle'] || 'New Lead')),
    stages: counts(opportunities.map((row) => row['contact_sales_cycle'] || 'New Lead')),
    value: opportunities
      .filter((row) => !decided.includes(String(row['contact_sales_cycle'])))
      .reduce((sum, row) => sum + Number(row['deal_size']), 0),
    notes: notes.length,
    ahead: [
      ...activities.map((row) => instant(row['scheduled_at'])),
      ...events.map((row) => instant(row['start_date'])),
    ]
      .filter((at) => at.getTime() > Date.now())
      .toSorted((one, other) => one.getTime() - other.getTime()),
    created: clients.map((row) =>
      instant(row['created']).toLocaleDateString('en-CA', { timeZone }),
    ),
  };
}

function counts(names: unknown[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(String(name), (found.get(String(name)) ?? 0) + 1);
  return found;
}

/** The source writes times without a zone; this account means UTC. */
const instant = (text: unknown) => new Date(`${String(text).replace(' ', 'T')}Z`);

export const mostCommon = (map: Map<string, number>): [string, number] =>
  [...map].toSorted((one, other) => other[1] - one[1])[0] ?? ['', 0];

/** Whole dollars, as a reader sees them. */
export const usd = (value: number): string =>
  `$${value.toLocaleString('en-US', { maximumFractionDigits: 0 })}`;
