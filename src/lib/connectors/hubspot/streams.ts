import type { StatedLink } from '../../records/link.ts';
import type { EntityName, EntityRecords } from '../../records/registry.ts';
import {
  defineStream,
  type Changes,
  type MapContext,
  type Page,
  type StreamDefinition,
} from '../contract/source.ts';
import { parsePipelines } from './answers.ts';
import { parseItems, readId } from './item.ts';
import { mapMeeting, mapNote, mapTask } from './mapping/activity.ts';
import { mapDeal, mapStage } from './mapping/deal.ts';
import { mapContactLead, mapLead } from './mapping/lead.ts';
import { readContactLeadLinks, readLeadLinks } from './mapping/links.ts';
import { mapCompany, mapContact } from './mapping/people.ts';
import * as objects from './objects.ts';
import type { ObjectType } from './objects.ts';
import type { Context } from './position.ts';
import { readObjects, toExternalIds } from './read-objects.ts';
import { get, paths } from './request.ts';
import type { HubSpotSettings } from './settings.ts';
import { nameStages } from './stages.ts';

/**
 * Everything is read again every day. That also finds what changes do not tell: objects that were
 * archived long after others, associations, and new names of owners, stages and companies.
 */
const CHANGES: Changes = { by: 'token', lookbackSeconds: 0, reconcileHours: 24 };

const stream = <Entity extends EntityName>(
  name: string,
  label: string,
  object: ObjectType,
  entity: Entity,
  map: (item: unknown, context: MapContext<HubSpotSettings>) => EntityRecords[Entity],
  links?: (item: unknown) => StatedLink[],
): StreamDefinition<HubSpotSettings> =>
  defineStream<HubSpotSettings, Entity>({
    name,
    label,
    entity,
    map,
    ...(links && { links }),
    listing: { kind: 'complete' },
    changes: CHANGES,
    read: (context, cursor) => readObjects(object, context, cursor),
    parse: parseItems,
    identify: (item) => toExternalIds(object, [readId(item) ?? []].flat())[0],
  });

const parseStages = (body: string) => nameStages(parsePipelines(body));

const stages = defineStream<HubSpotSettings, 'stage'>({
  name: 'stages',
  label: 'Deal stages',
  entity: 'stage',
  listing: { kind: 'complete' },
  async *read(context: Context): AsyncGenerator<Page> {
    const response = await get(context, `${paths.pipelines}/deals`);
    yield { response, items: parseStages(response.body), cursor: null, last: true };
  },
  parse: parseStages,
  identify: readId,
  map: mapStage,
});

/** In the order of syncing: what others point to comes first. */
export const streams = [
  stream('companies', 'Companies', objects.companies, 'company', mapCompany),
  stream('contacts', 'Contacts', objects.contacts, 'contact', mapContact),
  stream(
    'contactLeads',
    'Contacts that are leads',
    objects.contactLeads,
    'lead',
    mapContactLead,
    readContactLeadLinks,
  ),
  stream('leads', 'Leads', objects.leads, 'lead', mapLead, readLeadLinks),
  stages,
  stream('deals', 'Deals', objects.deals, 'opportunity', mapDeal),
  stream('notes', 'Notes', objects.notes, 'note', mapNote),
  stream('tasks', 'Tasks', objects.tasks, 'scheduledActivity', mapTask),
  stream('meetings', 'Meetings', objects.meetings, 'scheduledActivity', mapMeeting),
];
