import { RemoteError } from '../../platform/http/errors.ts';
import { parseDateTime } from '../../conversion/values/date-time.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { readListPages, type ListPage } from './paging.ts';
import { sendRequest, type Access, type ParsedResponse } from './request.ts';
import {
  readItem,
  type CTActivityResponse,
  type CTEventResponse,
  type CTLeadResponse,
  type CTNoteResponse,
  type CTOpportunityResponse,
  type ItemKind,
} from './responses.ts';
import { formatDate } from './values.ts';

/**
 * The result of a call. Failures of ClientTether are returned as values; only mistakes of the
 * caller, such as an invalid date, are thrown.
 */
type ApiResponse<T> = { ok: true; data: T } | { ok: false; error: RemoteError };

/** A period; each end is 'Y-m-d H:i:s' in the time zone of the connection, or ISO 8601. */
interface Period {
  startDate?: string;
  endDate?: string;
}

/** All notes of one client. */
interface NotePage extends ParsedResponse {
  contactId: string;
}

/**
 * Reads one account page by page, for the streams. Each page carries its response as received.
 * `resumeAt` is the `next` of the last page that was stored; 0 starts at the beginning. All of them
 * throw RemoteError.
 */
interface PageReaders {
  readLeadPages(resumeAt?: number): AsyncGenerator<ListPage>;
  readOpportunityPages(resumeAt?: number): AsyncGenerator<ListPage>;
  readActivityPages(period: Period, resumeAt?: number): AsyncGenerator<ListPage>;
  /** Appointments. */
  readEventPages(period: Period, resumeAt?: number): AsyncGenerator<ListPage>;
  /**
   * One page per client, several clients at a time and therefore in any order. A client that was
   * deleted in the meantime has no page.
   */
  readNotePages(contactIds: Iterable<string>): AsyncGenerator<NotePage>;
  /** The whole list in one response. */
  readSalesCycles(limit?: number): Promise<ParsedResponse>;
}

/** Reads one account page by page, or each list as a whole. */
export interface ClientTetherClient extends PageReaders {
  getLeads(): Promise<ApiResponse<CTLeadResponse[]>>;
  getOpportunities(): Promise<ApiResponse<CTOpportunityResponse[]>>;
  /**
   * The notes of one client. Without `contactId`, reads the clients that changed since `since`, or
   * all of them, because the API only returns notes per client. Notes older than `since` are left
   * out; undated ones are kept.
   */
  getNotes(params?: { contactId?: string; since?: string }): Promise<ApiResponse<CTNoteResponse[]>>;
  getScheduledActivities(period?: Period): Promise<ApiResponse<CTActivityResponse[]>>;
  /** Appointments. */
  getEvents(period?: Period): Promise<ApiResponse<CTEventResponse[]>>;
}

/** Paths below the base URL, all for GET. */
const PATHS = {
  leads: 'read_client_list',
  opportunities: 'read_opportunity_list',
  notes: 'read_client_history_notes/',
  activities: 'read_sales_cycle_any_activity',
  events: 'read_all_events',
  salesCycles: 'read_sales_cycle_list',
};
/** More sales cycles than any account has, so that one request returns all of them. */
const MAX_SALES_CYCLES = 1000;

export function createClientTetherClient(access: Access): ClientTetherClient {
  const pages = createPageReaders(access);
  return {
    ...pages,
    getLeads: () => toApiResponse(collectItems('lead', pages.readLeadPages())),
    getOpportunities: () =>
      toApiResponse(collectItems('opportunity', pages.readOpportunityPages())),
    getNotes: (params = {}) => toApiResponse(collectNotes(pages, params, access.settings.timeZone)),
    getScheduledActivities: (period = {}) =>
      toApiResponse(collectItems('activity', pages.readActivityPages(period))),
    getEvents: (period = {}) => toApiResponse(collectItems('event', pages.readEventPages(period))),
  };
}

function createPageReaders(access: Access): PageReaders {
  return {
    readLeadPages: (resumeAt) => readListPages(access, PATHS.leads, {}, resumeAt),
    readOpportunityPages: (resumeAt) => readListPages(access, PATHS.opportunities, {}, resumeAt),
    async *readActivityPages(period, resumeAt) {
      const query = toQuery(access, period, 'start_date');
      yield* readListPages(access, PATHS.activities, query, resumeAt);
    },
    async *readEventPages(period, resumeAt) {
      const query = { ...toQuery(access, period, 'from_date'), event_type: 'appt' };
      yield* readListPages(access, PATHS.events, query, resumeAt);
    },
    async *readNotePages(contactIds) {
      const read = (contactId: string) => readNotePage(access, contactId);
      for await (const page of mapConcurrently(contactIds, access.concurrency, read))
        if (page !== undefined) yield page;
    },
    readSalesCycles: (limit = MAX_SALES_CYCLES) =>
      sendRequest(access, PATHS.salesCycles, { limit }),
  };
}

/** Undefined when the client was deleted in the meantime. */
async function readNotePage(access: Access, contactId: string): Promise<NotePage | undefined> {
  try {
    const page = await sendRequest(access, `${PATHS.notes}${encodeURIComponent(contactId)}`);
    return { contactId, ...page };
  } catch (error) {
    if (error instanceof RemoteError && error.kind === 'gone') return undefined;
    throw error;
  }
}

/** The parameter for the start of a period has a different name in each list. */
function toQuery(access: Access, { startDate, endDate }: Period, startName: string) {
  return { [startName]: toDateParam(access, startDate), end_date: toDateParam(access, endDate) };
}

function toDateParam({ settings }: Access, text: string | undefined): string | undefined {
  return text === undefined
    ? undefined
    : formatDate(requireDate(text, settings.timeZone), settings.timeZone);
}

function requireDate(text: string, timeZone: string): Date {
  const at = parseDateTime(text, timeZone);
  if (at === null) throw new RangeError(`"${text}" is not a date.`);
  return at;
}

async function toApiResponse<T>(call: Promise<T>): Promise<ApiResponse<T>> {
  try {
    return { ok: true, data: await call };
  } catch (error) {
    if (error instanceof RemoteError) return { ok: false, error };
    throw error;
  }
}

/** The items of all pages without duplicates: pages overlap, so a row can arrive twice. */
async function collectItems<Kind extends ItemKind>(kind: Kind, pages: AsyncIterable<ListPage>) {
  const items: unknown[] = [];
  for await (const page of pages) items.push(...page.items);
  const rows = items.map((item) => readItem(kind, item));
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

async function collectNotes(
  pages: PageReaders,
  { contactId, since }: { contactId?: string; since?: string },
  timeZone: string,
): Promise<CTNoteResponse[]> {
  const from = since === undefined ? null : requireDate(since, timeZone);
  const isRecent = (date: string | null) => isSince(date, from, timeZone);
  const ids = contactId === undefined ? await collectChangedIds(pages, isRecent) : [contactId];
  const notes: CTNoteResponse[] = [];
  for await (const page of pages.readNotePages(ids))
    for (const item of page.items)
      notes.push({ ...readItem('note', item), contact_id: page.contactId });
  return notes.filter((note) => isRecent(note.date));
}

async function collectChangedIds(
  pages: PageReaders,
  isRecent: (date: string | null) => boolean,
): Promise<Set<string>> {
  const leads = await collectItems('lead', pages.readLeadPages());
  const changed = leads.filter((lead) => isRecent(lead.last_modified_date));
  return new Set(changed.map((lead) => lead.client_id).filter((id) => id !== null));
}

/** Unset or invalid dates count as recent: reading an item once too often does no harm. */
function isSince(date: string | null, from: Date | null, timeZone: string): boolean {
  return from === null || (parseDateTime(date, timeZone) ?? from) >= from;
}
