import { defineStream, type Cursor, type Page, type ReadContext } from '../contract/source.ts';
import { createClientTetherClient, type ClientTetherClient } from './client.ts';
import { parseEnvelope } from './envelope.ts';
import { mapActivity, mapEvent, toActivityId, toEventId } from './mapping/activity.ts';
import { mapLead } from './mapping/lead.ts';
import { mapNote } from './mapping/note.ts';
import { mapOpportunity } from './mapping/opportunity.ts';
import { addNewLead, mapStage } from './mapping/stage.ts';
import { readDueNotes } from './notes.ts';
import type { ListPage } from './paging.ts';
import { readItem } from './responses.ts';
import type { ClientTetherSettings } from './settings.ts';

type Context = ReadContext<ClientTetherSettings>;

const DAY_MS = 24 * 3_600_000;
/** Schedule items from a week ago to half a year ahead are kept in step with the source. */
const WINDOW_DAYS = { back: 7, ahead: 180 };

const parseItems = (body: string) => parseEnvelope(body).items;
const toWindow = (_settings: ClientTetherSettings, now: Date) => ({
  from: new Date(now.getTime() - WINDOW_DAYS.back * DAY_MS),
  to: new Date(now.getTime() + WINDOW_DAYS.ahead * DAY_MS),
});

const salesCycles = defineStream<ClientTetherSettings, 'stage'>({
  name: 'salesCycles',
  label: 'Sales cycle',
  entity: 'stage',
  listing: { kind: 'complete' },
  async *read(context) {
    const { response, items } = await createClientTetherClient(context).readSalesCycles();
    yield { response: response, items: addNewLead(items), cursor: null, last: true };
  },
  parse: (body) => addNewLead(parseItems(body)),
  identify: (item) => readItem('salesCycle', item).sales_cycle_id ?? undefined,
  map: mapStage,
});

const clients = defineStream<ClientTetherSettings, 'lead'>({
  name: 'clients',
  label: 'Clients',
  entity: 'lead',
  listing: { kind: 'complete' },
  read: readList((client, resumeAt) => client.readLeadPages(resumeAt)),
  parse: parseItems,
  identify: (item) => readItem('lead', item).client_id ?? undefined,
  map: mapLead,
});

const opportunities = defineStream<ClientTetherSettings, 'opportunity'>({
  name: 'opportunities',
  label: 'Opportunities',
  entity: 'opportunity',
  listing: { kind: 'complete' },
  read: readList((client, resumeAt) => client.readOpportunityPages(resumeAt)),
  parse: parseItems,
  identify: (item) => readItem('opportunity', item).opportunity_id ?? undefined,
  map: mapOpportunity,
});

const notes = defineStream<ClientTetherSettings, 'note'>({
  name: 'notes',
  label: 'Notes',
  entity: 'note',
  listing: { kind: 'partitioned', field: 'contactId', parents: 'clients' },
  read: readDueNotes,
  parse: parseItems,
  identify: (item) => readItem('note', item).id ?? undefined,
  map: mapNote,
});

const activities = defineStream<ClientTetherSettings, 'scheduledActivity'>({
  name: 'activities',
  label: 'Scheduled activities',
  entity: 'scheduledActivity',
  listing: { kind: 'window', field: 'scheduledAt', window: toWindow },
  read: readList((client, resumeAt, context) =>
    client.readActivityPages(toPeriod(context), resumeAt),
  ),
  parse: parseItems,
  identify: (item) => addPrefix(toActivityId, readItem('activity', item).id),
  map: mapActivity,
});

const events = defineStream<ClientTetherSettings, 'scheduledActivity'>({
  name: 'events',
  label: 'Events',
  entity: 'scheduledActivity',
  listing: { kind: 'window', field: 'scheduledAt', window: toWindow },
  read: readList((client, resumeAt, context) => client.readEventPages(toPeriod(context), resumeAt)),
  parse: parseItems,
  identify: (item) => addPrefix(toEventId, readItem('event', item).event_id),
  map: mapEvent,
});

/** In the order of syncing: stages before what stands in them, clients before their notes. */
export const streams = [salesCycles, clients, opportunities, notes, activities, events];

/** How a stream reads a list: through the client, from the row offset in the cursor on. */
function readList(
  readPages: (
    client: ClientTetherClient,
    resumeAt: number,
    context: Context,
  ) => AsyncIterable<ListPage>,
) {
  return async function* (context: Context, cursor: Cursor): AsyncGenerator<Page> {
    const pages = readPages(createClientTetherClient(context), toOffset(cursor), context);
    for await (const { response, items, total, next, last } of pages) {
      // Only a total beyond the page is known to count the whole list.
      const expectedTotal =
        total !== undefined && total > items.length ? { expectedTotal: total } : {};
      yield {
        response: response,
        items,
        cursor: last ? null : { offset: next },
        last,
        ...expectedTotal,
      };
    }
  };
}

/** The cursor of a list is the row offset to go on from; null is the start. */
function toOffset(cursor: Cursor): number {
  const offset =
    typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor) ? cursor.offset : 0;
  return typeof offset === 'number' && Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

/**
 * The window as a period to ask for, a day wider at both ends: whether the source includes the end
 * is not documented, and a pass that is resumed later must have asked for all that its window then
 * covers.
 */
function toPeriod({ settings, now }: Context): { startDate: string; endDate: string } {
  const { from, to } = toWindow(settings, now);
  return {
    startDate: new Date(from.getTime() - DAY_MS).toISOString(),
    endDate: new Date(to.getTime() + DAY_MS).toISOString(),
  };
}

function addPrefix(prefix: (id: string) => string, id: string | null): string | undefined {
  return id === null ? undefined : prefix(id);
}
