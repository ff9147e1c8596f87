import { RemoteError } from '../../platform/http/errors.ts';
import { concurrently } from './concurrently.ts';
import { askNotes } from './notes.ts';
import { listPages } from './paging.ts';
import { ask, PATHS, type Access } from './request.ts';
import {
  readItem,
  type CTActionPlanResponse,
  type CTActivityResponse,
  type CTEventResponse,
  type CTLeadResponse,
  type CTLeadSourceResponse,
  type CTNoteResponse,
  type CTOpportunityResponse,
  type CTSalesCycleResponse,
  type CTUserResponse,
} from './responses.ts';
import { parseDate, formatDate } from './values.ts';

/**
 * What a call came to. Failures of the remote system are values; only mistakes of the caller are
 * thrown.
 */
export type ApiResponse<T> = { ok: true; data: T } | { ok: false; error: RemoteError };

/** A period. Texts are 'Y-m-d H:i:s' in the connection's time zone or ISO 8601. */
export interface Period {
  startDate?: string;
  endDate?: string;
}

/** One account, read whole: each method pages to the end of its list. */
export interface ClientTetherClient {
  getLeads(): Promise<ApiResponse<CTLeadResponse[]>>;
  getOpportunities(): Promise<ApiResponse<CTOpportunityResponse[]>>;
  /**
   * Notes of one client; without `contactId`, of every client that changed since `since` (of all
   * without it). The API gives notes per client only. `since` also leaves out older notes; undated
   * ones are kept.
   */
  getNotes(params?: { contactId?: string; since?: string }): Promise<ApiResponse<CTNoteResponse[]>>;
  getScheduledActivities(params?: Period): Promise<ApiResponse<CTActivityResponse[]>>;
  /** Appointments. */
  getEvents(params?: Period): Promise<ApiResponse<CTEventResponse[]>>;
  getSalesCycles(): Promise<ApiResponse<CTSalesCycleResponse[]>>;
  getLeadSources(): Promise<ApiResponse<CTLeadSourceResponse[]>>;
  getActionPlans(): Promise<ApiResponse<CTActionPlanResponse[]>>;
  getUsers(): Promise<ApiResponse<CTUserResponse[]>>;
}

type Kind = Parameters<typeof readItem>[0];

/** Lookup lists come in one answer; this is more than any of them holds. */
const WHOLE_LIST = 1000;

/**
 * A client for one account. `concurrency` bounds the requests that getNotes makes at once (default
 * 4).
 */
export function createClientTetherClient(
  access: Access & { concurrency?: number },
): ClientTetherClient {
  const period = ({ startDate, endDate }: Period, fromName: string) => ({
    [fromName]: requestDate(access, startDate),
    end_date: requestDate(access, endDate),
  });
  return {
    getLeads: () => settle(readList(access, 'lead', PATHS.clients)),
    getOpportunities: () => settle(readList(access, 'opportunity', PATHS.opportunities)),
    getNotes: (params = {}) => settle(readNotes(access, params)),
    getScheduledActivities: (params = {}) =>
      settle(readList(access, 'activity', PATHS.activities, period(params, 'start_date'))),
    getEvents: (params = {}) =>
      settle(
        readList(access, 'event', PATHS.events, {
          ...period(params, 'from_date'),
          event_type: 'appt',
        }),
      ),
    getSalesCycles: () => settle(readLookup(access, 'salesCycle', PATHS.salesCycles)),
    getLeadSources: () => settle(readLookup(access, 'leadSource', PATHS.leadSources)),
    getActionPlans: () => settle(readLookup(access, 'actionPlan', PATHS.actionPlans)),
    getUsers: () => settle(readLookup(access, 'user', PATHS.users)),
  };
}

async function settle<T>(call: Promise<T>): Promise<ApiResponse<T>> {
  try {
    return { ok: true, data: await call };
  } catch (error) {
    if (error instanceof RemoteError) return { ok: false, error };
    throw error;
  }
}

async function readList<K extends Kind>(
  access: Access,
  kind: K,
  path: string,
  query: Record<string, string | undefined> = {},
) {
  const items: unknown[] = [];
  for await (const page of listPages(access, { path, query })) items.push(...page.items);
  return withoutRepeats(items.map((item) => readItem(kind, item)));
}

/** Pages overlap, so the same row can come twice. */
function withoutRepeats<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

async function readLookup<K extends Kind>(access: Access, kind: K, path: string) {
  const { items } = await ask(access, path, { limit: WHOLE_LIST });
  return items.map((item) => readItem(kind, item));
}

async function readNotes(
  access: Access & { concurrency?: number },
  { contactId, since }: { contactId?: string; since?: string },
) {
  const from = since === undefined ? null : parseDate(since, 'since', access.settings.timeZone);
  const clientIds = contactId === undefined ? await changedClients(access, from) : [contactId];
  const notes: CTNoteResponse[] = [];
  for await (const found of concurrently(clientIds, access.concurrency ?? 4, (id) =>
    askNotes(access, id),
  )) {
    if (found === undefined) continue;
    notes.push(
      ...found.items.map((item) => ({ ...readItem('note', item), contact_id: found.clientId })),
    );
  }
  return notes.filter((note) => isSince(access, note.date, from));
}

async function changedClients(access: Access, from: Date | null): Promise<string[]> {
  const leads = await readList(access, 'lead', PATHS.clients);
  const changed = leads.filter((lead) => isSince(access, lead.last_modified_date, from));
  return [...new Set(changed.map((lead) => lead.client_id).filter((id) => id !== null))];
}

/** Dates that are unset or unreadable count as changed: reading once too often loses nothing. */
function isSince(access: Access, date: string | null, from: Date | null): boolean {
  if (from === null) return true;
  try {
    return (parseDate(date, 'date', access.settings.timeZone) ?? from) >= from;
  } catch {
    return true;
  }
}

function requestDate({ settings }: Access, text: string | undefined): string | undefined {
  const at = text === undefined ? null : parseDate(text, 'date', settings.timeZone);
  return at === null ? undefined : formatDate(at, settings.timeZone);
}
