import { defineStream, type Cursor, type Page, type ReadContext } from '../contract/source.ts';
import { parseEnvelope } from './envelope.ts';
import { toActivityId, toEventId, mapActivity, mapEvent } from './mapping/activity.ts';
import { mapLead } from './mapping/lead.ts';
import { mapNote } from './mapping/note.ts';
import { mapOpportunity } from './mapping/opportunity.ts';
import { mapStage, addNewLead } from './mapping/stage.ts';
import { readNotes } from './notes.ts';
import { listPages, type ListRequest } from './paging.ts';
import { ask, PATHS } from './request.ts';
import { readItem } from './responses.ts';
import type { ClientTetherSettings } from './settings.ts';
import { formatDate } from './values.ts';

type Context = ReadContext<ClientTetherSettings>;

const DAY_MS = 24 * 3_600_000;
/** Schedule items from a week ago to half a year ahead are kept in step with the source. */
const WINDOW_DAYS = { back: 7, ahead: 180 };
/** More stages than any account has: lookup lists are read in one request. */
const WHOLE_LIST = 1000;

const itemsOf = (body: string) => parseEnvelope(body).items;
const window = (_settings: ClientTetherSettings, now: Date) => ({
  from: new Date(now.getTime() - WINDOW_DAYS.back * DAY_MS),
  to: new Date(now.getTime() + WINDOW_DAYS.ahead * DAY_MS),
});

const salesCycles = defineStream<ClientTetherSettings, 'stage'>({
  name: 'salesCycles',
  label: 'Sales cycle',
  entity: 'stage',
  listing: { kind: 'complete' },
  async *read(context) {
    const { answer, items } = await ask(context, PATHS.salesCycles, { limit: WHOLE_LIST });
    yield { answer, items: addNewLead(items), cursor: null, last: true };
  },
  parse: (body) => addNewLead(itemsOf(body)),
  identify: (item) => readItem('salesCycle', item).sales_cycle_id ?? undefined,
  map: mapStage,
});

const clients = defineStream<ClientTetherSettings, 'lead'>({
  name: 'clients',
  label: 'Clients',
  entity: 'lead',
  listing: { kind: 'complete' },
  read: (context, cursor) => readList(context, cursor, { path: PATHS.clients }),
  parse: itemsOf,
  identify: (item) => readItem('lead', item).client_id ?? undefined,
  map: mapLead,
});

const opportunities = defineStream<ClientTetherSettings, 'opportunity'>({
  name: 'opportunities',
  label: 'Opportunities',
  entity: 'opportunity',
  listing: { kind: 'complete' },
  read: (context, cursor) => readList(context, cursor, { path: PATHS.opportunities }),
  parse: itemsOf,
  identify: (item) => readItem('opportunity', item).opportunity_id ?? undefined,
  map: mapOpportunity,
});

const notes = defineStream<ClientTetherSettings, 'note'>({
  name: 'notes',
  label: 'Notes',
  entity: 'note',
  listing: { kind: 'partitioned', field: 'contactId', parents: 'clients' },
  read: readNotes,
  parse: itemsOf,
  identify: (item) => readItem('note', item).id ?? undefined,
  map: mapNote,
});

const activities = defineStream<ClientTetherSettings, 'scheduledActivity'>({
  name: 'activities',
  label: 'Scheduled activities',
  entity: 'scheduledActivity',
  listing: { kind: 'window', field: 'scheduledAt', window },
  read: (context, cursor) =>
    readList(context, cursor, { path: PATHS.activities, query: span(context, 'start_date') }),
  parse: itemsOf,
  identify: (item) => prefixed(toActivityId, readItem('activity', item).id),
  map: mapActivity,
});

const events = defineStream<ClientTetherSettings, 'scheduledActivity'>({
  name: 'events',
  label: 'Events',
  entity: 'scheduledActivity',
  listing: { kind: 'window', field: 'scheduledAt', window },
  read: (context, cursor) =>
    readList(context, cursor, {
      path: PATHS.events,
      query: { ...span(context, 'from_date'), event_type: 'appt' },
    }),
  parse: itemsOf,
  identify: (item) => prefixed(toEventId, readItem('event', item).event_id),
  map: mapEvent,
});

/** In the order of syncing: stages before what stands in them, clients before their notes. */
export const streams = [salesCycles, clients, opportunities, notes, activities, events];

/** The cursor of a list is the row offset to go on from; null is the start. */
async function* readList(
  context: Context,
  cursor: Cursor,
  request: ListRequest,
): AsyncGenerator<Page> {
  for await (const { answer, items, total, next, last } of listPages(context, {
    ...request,
    resumeAt: offsetOf(cursor),
  })) {
    // Only a total beyond the page is known to count the whole list.
    const expectedTotal =
      total !== undefined && total > items.length ? { expectedTotal: total } : {};
    yield { answer, items, cursor: last ? null : { offset: next }, last, ...expectedTotal };
  }
}

function offsetOf(cursor: Cursor): number {
  const offset =
    typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor) ? cursor.offset : 0;
  return typeof offset === 'number' && Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

/**
 * The window as request parameters, a day wider at both ends: whether the source counts the end in
 * is not documented, and a pass that is resumed later must have asked for all that its window then
 * covers.
 */
function span({ settings, now }: Context, fromName: string): Record<string, string> {
  const { from, to } = window(settings, now);
  const wide = { from: new Date(from.getTime() - DAY_MS), to: new Date(to.getTime() + DAY_MS) };
  return {
    [fromName]: formatDate(wide.from, settings.timeZone),
    end_date: formatDate(wide.to, settings.timeZone),
  };
}

function prefixed(prefix: (id: string) => string, id: string | null): string | undefined {
  return id === null ? undefined : prefix(id);
}
