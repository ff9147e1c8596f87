import { defineStream, type Cursor, type Page, type ReadContext } from '../contract/source.ts';
import { readCursorField, toExpectedTotal } from '../kit/paging.ts';
import { createClientTetherClient, type ClientTetherClient } from './client.ts';
import { parseEnvelope } from './envelope.ts';
import {
  activityMapping,
  eventMapping,
  interpretActivity,
  interpretEvent,
  toActivityId,
  toEventId,
} from './mapping/activity.ts';
import { interpretLead, leadMapping } from './mapping/lead.ts';
import { interpretNote, noteMapping } from './mapping/note.ts';
import { interpretOpportunity, opportunityMapping } from './mapping/opportunity.ts';
import { addNewLead, interpretStage, stageMapping } from './mapping/stage.ts';
import { readDueNotes } from './notes.ts';
import type { ListPage } from './paging.ts';
import { readItem } from './responses.ts';
import type { ClientTetherSettings } from './settings.ts';

type Context = ReadContext<ClientTetherSettings>;

const DAY_MS = 24 * 3_600_000;
/** Scheduled items are synced from a week ago to half a year ahead. */
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
    yield { response, items: addNewLead(items), cursor: null, last: true };
  },
  parse: (body) => addNewLead(parseItems(body)),
  identify: (item) => readItem('salesCycle', item).sales_cycle_id ?? undefined,
  interpret: interpretStage,
  mapping: stageMapping,
});

const clients = defineStream<ClientTetherSettings, 'lead'>({
  name: 'clients',
  label: 'Clients',
  entity: 'lead',
  listing: { kind: 'complete' },
  read: readList((client, resumeAt) => client.readLeadPages(resumeAt)),
  parse: parseItems,
  identify: (item) => readItem('lead', item).client_id ?? undefined,
  interpret: interpretLead,
  mapping: leadMapping,
});

const opportunities = defineStream<ClientTetherSettings, 'opportunity'>({
  name: 'opportunities',
  label: 'Opportunities',
  entity: 'opportunity',
  listing: { kind: 'complete' },
  read: readList((client, resumeAt) => client.readOpportunityPages(resumeAt)),
  parse: parseItems,
  identify: (item) => readItem('opportunity', item).opportunity_id ?? undefined,
  interpret: interpretOpportunity,
  mapping: opportunityMapping,
});

const notes = defineStream<ClientTetherSettings, 'note'>({
  name: 'notes',
  label: 'Notes',
  entity: 'note',
  listing: { kind: 'partitioned', field: 'contactId', parents: 'clients' },
  read: readDueNotes,
  parse: parseItems,
  identify: (item) => readItem('note', item).id ?? undefined,
  interpret: interpretNote,
  mapping: noteMapping,
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
  interpret: interpretActivity,
  mapping: activityMapping,
});

const events = defineStream<ClientTetherSettings, 'scheduledActivity'>({
  name: 'events',
  label: 'Events',
  entity: 'scheduledActivity',
  listing: { kind: 'window', field: 'scheduledAt', window: toWindow },
  read: readList((client, resumeAt, context) => client.readEventPages(toPeriod(context), resumeAt)),
  parse: parseItems,
  identify: (item) => addPrefix(toEventId, readItem('event', item).event_id),
  interpret: interpretEvent,
  mapping: eventMapping,
});

/** In the order of syncing: stages come before the leads in them, clients before their notes. */
export const streams = [salesCycles, clients, opportunities, notes, activities, events];

/** Builds a stream's `read`: the pages of a list from the row offset in the cursor onwards. */
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
      const cursor = last ? null : { offset: next };
      yield { response, items, cursor, last, ...toExpectedTotal(total, items) };
    }
  };
}

/** The row offset at which a list continues; a cursor of null stands for the beginning. */
function toOffset(cursor: Cursor): number {
  const offset = readCursorField(cursor, 'offset');
  return typeof offset === 'number' && Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

/**
 * The window as a period to request, a day wider at both ends: the documentation does not say
 * whether the end is included, and a pass that is resumed later must already have requested
 * everything that its window covers by then.
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
