import { serve } from '../../platform/http/servers.ts';

type Row = Record<string, unknown>;

/** What a small ClientTether serves, and in which odd forms. */
export interface LaxCase {
  clients?: Row[];
  opportunities?: Row[];
  /** By client id. */
  notes?: Record<string, Row[]>;
  events?: Row[];
  /** Rewrites the rows of a response, such as into an object with numeric keys. */
  shape?: (rows: Row[]) => unknown;
  /** The total that is sent, from the number of rows there are; undefined to send none. */
  total?: (count: number) => unknown;
  /** The rows of a list at an offset. */
  slice?: (rows: Row[], offset: number, limit: number) => Row[];
  /** Stands before the JSON. */
  prefix?: string;
}

const NOTHING = { resultCode: 'CT515', Message: 'No Record Found', client_id: false };
const STAGES = [
  { sales_cycle_id: '1', sales_cycle_name: 'Outbound Call', sales_cycle_active_status: '1' },
];

/** A client with what a case does not care about filled in; the first has the id 1. */
const laxClient = (fields: Row, index: number): Row => ({
  client_id: String(index + 1),
  firstName: 'Pat',
  lastName: `Case${index + 1}`,
  email: '',
  clients_sales_cycle: 'Outbound Call',
  clients_lead_source: 'Google',
  created: '2026-10-01 10:00:00',
  last_modified_date: '2026-11-01 10:00:00',
  ...fields,
});

/** Serves a case on a free port until the test file ends, and returns the base URL. */
export async function serveLax(given: LaxCase): Promise<string> {
  const server = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lax.test');
    const rows = findRows(given, pathname);
    const limit = Number(searchParams.get('limit')) || 100;
    const offset = Number(searchParams.get('offset')) || 0;
    const slice = given.slice ?? ((all, from, count) => all.slice(from, from + count));
    response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' });
    response.end(`${given.prefix ?? ''}${toBody(given, slice(rows, offset, limit), rows.length)}`);
  });
  return server.url;
}

function findRows({ clients, opportunities, notes, events }: LaxCase, pathname: string): Row[] {
  const path = pathname.slice(1);
  if (path === 'read_client_list') return (clients ?? []).map(laxClient);
  if (path === 'read_opportunity_list') return opportunities ?? [];
  if (path === 'read_all_events') return events ?? [];
  if (path === 'read_sales_cycle_list') return STAGES;
  return notes?.[/^read_client_history_notes\/(.*)$/.exec(path)?.[1] ?? ''] ?? [];
}

function toBody({ shape, total }: LaxCase, rows: Row[], count: number): string {
  if (rows.length === 0 && shape === undefined) return JSON.stringify(NOTHING);
  const data = shape === undefined ? rows : shape(rows);
  const TotalRecord = total === undefined ? count : total(count);
  return JSON.stringify({ ResultCode: 'CT_200', Message: 'Success', TotalRecord, data });
}
