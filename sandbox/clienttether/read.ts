import type { Reply, SandboxRequest } from '../kit/provider.ts';
import type { ClientTetherAccount } from './account.ts';
import { chooseShapes } from './dialect.ts';
import type { Envelope } from './envelope.ts';
import { actionPlanRows, leadSourceRows, salesCycleRows, userRows } from './lookups.ts';
import type { Row } from './rows.ts';
import type { RowTable } from './row-table.ts';

/** Without `limit` the API gives one page, silently. */
const DEFAULT_LIMIT = 100;

export interface Call {
  account: ClientTetherAccount;
  envelope: Envelope;
  request: SandboxRequest;
}
export type Handler = (call: Call) => Reply;
type Range = { from: string; to: string };

/** GET endpoints below /v2/api/. */
export const READS: Record<string, Handler> = {
  read_client_list: (call) =>
    tablePage(call, call.account.clients, chooseShapes(call.account).client),
  read_opportunity_list: (call) =>
    tablePage(call, call.account.opportunities, chooseShapes(call.account).opportunity),
  'read_client_by_id/:client_id': clientById,
  read_client_exist: clientExists,
  'read_client_history_notes/:client_id': notesOfClient,
  read_sales_cycle_any_activity: (call) =>
    tablePage(
      call,
      call.account.activities,
      chooseShapes(call.account).activity,
      parseRange(call.request, 'start_date'),
    ),
  read_all_events: allEvents,
  read_sales_cycle_list: (call) => listPage(call, salesCycleRows(call.account.lookups)),
  read_lead_source_list: (call) => listPage(call, leadSourceRows(call.account.lookups)),
  read_action_plan_list: ({ account, envelope }) =>
    envelope.data([actionPlanRows(account.lookups)], account.lookups.actionPlans.length),
  read_user_list: (call) => listPage(call, userRows(call.account.lookups)),
};

function clientById({ account, envelope, request }: Call): Reply {
  const client = account.clients.get(request.params.client_id ?? '');
  return client ? envelope.data([chooseShapes(account).client(client)], 1) : envelope.noRecord();
}

/** Searches by phone (digits) or e-mail. Walks all clients: the real one is not fast either. */
function clientExists({ account, envelope, request }: Call): Reply {
  const phone = request.query.get('phone')?.replace(/\D/g, '');
  const email = request.query.get('email')?.trim().toLowerCase();
  if (!phone && !email)
    return envelope.failure('400', 'email or phone is required', { client_id: false });
  const found = account.clients
    .page(0, Infinity)
    .filter((row) =>
      phone ? digits(row.phone) === phone : String(row.email).toLowerCase() === email,
    );
  const data = found.map(({ client_id, external_id }) => ({ client_id, external_id }));
  return data.length > 0 ? envelope.data(data, data.length) : envelope.noRecord();
}

function notesOfClient({ account, envelope, request }: Call): Reply {
  const notes = account.notes.list(request.params.client_id ?? '').map(chooseShapes(account).note);
  return notes.length > 0 ? envelope.data(notes, notes.length) : envelope.noRecord();
}

function allEvents(call: Call): Reply {
  const wanted = call.request.query.get('event_type');
  if (wanted !== null && wanted !== 'appt') return emptyPage(call, 0);
  return tablePage(call, call.account.events, (row) => row, parseRange(call.request, 'from_date'));
}

function tablePage(call: Call, table: RowTable, shape: (row: Row) => Row, range?: Range): Reply {
  const total = table.count(range);
  const { limit, offset } = parseWindow(call.request);
  const rows =
    call.request.endless && total > 0
      ? cycle(table, offset % total, limit, range)
      : table.page(offset, limit, range);
  return rowsReply(call, rows.map(shape), total);
}

function listPage(call: Call, rows: Row[]): Reply {
  const { limit, offset } = parseWindow(call.request);
  return rowsReply(call, rows.slice(offset, offset + limit), rows.length);
}

function rowsReply(call: Call, rows: Row[], total: number): Reply {
  if (rows.length === 0) return emptyPage(call, total);
  return call.envelope.data(
    rows,
    call.account.identity.totalRecord === 'grand' ? total : rows.length,
  );
}

/**
 * Nothing documents the page after the last one: one dialect says CT_515, the other sends an empty
 * list.
 */
function emptyPage({ account, envelope }: Call, total: number): Reply {
  if (account.identity.dialect === 'plain') return envelope.noRecord();
  return envelope.data([], account.identity.totalRecord === 'grand' ? total : 0);
}

/** An endless list starts over from its head where it should end, so that each page is full. */
function cycle(table: RowTable, offset: number, limit: number, range: Range | undefined): Row[] {
  const rows = table.page(offset, limit, range);
  while (rows.length < limit) rows.push(...table.page(0, limit - rows.length, range));
  return rows;
}

function parseWindow({ query }: SandboxRequest): { limit: number; offset: number } {
  return {
    limit: wholeNumber(query.get('limit')) || DEFAULT_LIMIT,
    offset: wholeNumber(query.get('offset')),
  };
}

function parseRange({ query }: SandboxRequest, startParameter: string): Range | undefined {
  const from = query.get(startParameter);
  const to = query.get('end_date');
  return from || to ? { from: from ?? '', to: to ? completeEnd(to) : '\uffff' } : undefined;
}

/** A bare day as the end means all of that day. */
function completeEnd(date: string): string {
  return date.length <= 10 ? `${date} 23:59:59` : date;
}

function wholeNumber(text: string | null): number {
  const number = Number(text ?? 0);
  return Number.isInteger(number) && number > 0 ? number : 0;
}

function digits(value: unknown): string {
  return String(value ?? '').replace(/\D/g, '');
}
