import type { EntityName } from '../../records/registry.ts';
import {
  defineStream,
  type Changes,
  type Page,
  type StreamDefinition,
} from '../contract/source.ts';
import { parsePipelines } from './answers.ts';
import { parseItems, readId } from './item.ts';
import {
  interpretMeeting,
  interpretTask,
  meetingMapping,
  taskMapping,
} from './mapping/activity.ts';
import { companyMapping, interpretCompany } from './mapping/company.ts';
import { contactMapping, interpretContact } from './mapping/contact.ts';
import { dealMapping, interpretDeal } from './mapping/deal.ts';
import {
  contactLeadMapping,
  interpretContactLead,
  interpretLead,
  leadMapping,
} from './mapping/lead.ts';
import { readContactLeadLinks, readLeadLinks } from './mapping/links.ts';
import { interpretNote, noteMapping } from './mapping/note.ts';
import { interpretStage, stageMapping } from './mapping/stage.ts';
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

type Definition<Entity extends EntityName> = Pick<
  StreamDefinition<HubSpotSettings, Entity>,
  'name' | 'label' | 'entity' | 'interpret' | 'mapping' | 'links'
>;

/** A stream of all objects of a type. */
export const defineObjectStream = <Entity extends EntityName>(
  object: ObjectType,
  definition: Definition<Entity>,
): StreamDefinition<HubSpotSettings> =>
  defineStream<HubSpotSettings, Entity>({
    ...definition,
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
  interpret: interpretStage,
  mapping: stageMapping,
});

/** In the order of syncing: what others point to comes first. */
export const streams = [
  defineObjectStream(objects.companies, {
    name: 'companies',
    label: 'Companies',
    entity: 'company',
    interpret: interpretCompany,
    mapping: companyMapping,
  }),
  defineObjectStream(objects.contacts, {
    name: 'contacts',
    label: 'Contacts',
    entity: 'contact',
    interpret: interpretContact,
    mapping: contactMapping,
  }),
  defineObjectStream(objects.contactLeads, {
    name: 'contactLeads',
    label: 'Contacts that are leads',
    entity: 'lead',
    interpret: interpretContactLead,
    mapping: contactLeadMapping,
    links: readContactLeadLinks,
  }),
  defineObjectStream(objects.leads, {
    name: 'leads',
    label: 'Leads',
    entity: 'lead',
    interpret: interpretLead,
    mapping: leadMapping,
    links: readLeadLinks,
  }),
  stages,
  defineObjectStream(objects.deals, {
    name: 'deals',
    label: 'Deals',
    entity: 'opportunity',
    interpret: interpretDeal,
    mapping: dealMapping,
  }),
  defineObjectStream(objects.notes, {
    name: 'notes',
    label: 'Notes',
    entity: 'note',
    interpret: interpretNote,
    mapping: noteMapping,
  }),
  defineObjectStream(objects.tasks, {
    name: 'tasks',
    label: 'Tasks',
    entity: 'scheduledActivity',
    interpret: interpretTask,
    mapping: taskMapping,
  }),
  defineObjectStream(objects.meetings, {
    name: 'meetings',
    label: 'Meetings',
    entity: 'scheduledActivity',
    interpret: interpretMeeting,
    mapping: meetingMapping,
  }),
];
