import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { AccountIdentity, AccountSpec, Lookups } from './account.ts';
import { blankClient, blankOpportunity, UNSET_DATE, type Row } from './rows.ts';

type Line = Record<string, string>;
/** Makes the fields of a row from one line; fields that it leaves out are blank. */
export type LineMapping = (line: Line, index: number) => Row;

export interface CsvOptions extends AccountIdentity {
  /**
   * Files are read when the sandbox starts and served in file order: the first line is the newest
   * row.
   */
  clients?: { path: string; map: LineMapping };
  opportunities?: { path: string; map: LineMapping };
}

/**
 * A still account whose rows come from files. Stages and sources are those that occur in the rows.
 */
export function csvAccount(options: CsvOptions): AccountSpec {
  const clients = load(options.clients, (row, i) => ({ ...blankClient(String(i + 1)), ...row }));
  const opportunities = load(options.opportunities, (row, i) => ({
    ...blankOpportunity(String(i + 1)),
    ...row,
  }));
  return {
    ...options,
    content: () => ({ lookups: collectLookups(clients, opportunities) }),
    populate: (account) => {
      for (const row of clients.toReversed()) account.clients.add({ ...row });
      for (const row of opportunities.toReversed()) account.opportunities.add({ ...row });
    },
  };
}

/**
 * Lines of leads.csv as clients. The stage comes from `stageColumn`, where blank means a new lead:
 * 'Lead Quality' (default, five names) or 'Tags' (twenty-five). Sources are passed on as they are,
 * 'Select' and blanks included.
 */
export function leadsCsvMapping(
  stageColumn: 'Lead Quality' | 'Tags' = 'Lead Quality',
): LineMapping {
  return (line) => ({
    client_id: line['Lead Number'],
    external_id: line['Prospect ID'],
    firstName: 'Prospect',
    lastName: line['Lead Number'],
    city: line.City,
    clients_sales_cycle: line[stageColumn],
    clients_lead_source: line['Lead Source'],
    created: UNSET_DATE,
    last_modified_date: UNSET_DATE,
  });
}

/**
 * Lines of opportunities.csv as opportunities. Days become midnight; sales agent, product and
 * closing day are custom fields.
 */
export const opportunitiesCsvMapping: LineMapping = (line) => ({
  opportunity_id: line.opportunity_id,
  compName: line.account,
  contact_sales_cycle: line.deal_stage,
  deal_size: line.close_value,
  created: midnight(line.engage_date),
  last_modified_date: midnight(line.close_date || line.engage_date),
  sales_agent: line.sales_agent,
  product: line.product,
  close_date: line.close_date,
});

function load(file: CsvOptions['clients'], complete: (row: Row, index: number) => Row): Row[] {
  if (!file) return [];
  const lines: Line[] = parse(readFileSync(file.path), {
    columns: true,
    bom: true,
    skip_empty_lines: true,
  });
  return lines.map((line, i) => complete(file.map(line, i), i));
}

/** From M/D/YYYY. */
function midnight(day = ''): string {
  const [month, date, year] = day.split('/');
  return month && date && year
    ? `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')} 00:00:00`
    : UNSET_DATE;
}

function collectLookups(clients: Row[], opportunities: Row[]): Lookups {
  return {
    salesCycles: names([
      ...clients.map((row) => row.clients_sales_cycle),
      ...opportunities.map((row) => row.contact_sales_cycle),
    ]),
    leadSources: names(clients.map((row) => row.clients_lead_source)),
    actionPlans: [],
    users: [],
  };
}

function names(values: unknown[]): string[] {
  return [...new Set(values.map(String))].filter((name) => name !== '');
}
