import type { AddAction, Addition, WriteContext } from '../../contract/actions.ts';
import { escapeHtml, toMark } from '../../kit/marks.ts';
import { parseLinks } from '../answers.ts';
import { readObjectsById } from '../objects-by-id.ts';
import { create, paths, post } from '../request.ts';
import type { HubSpotSettings } from '../settings.ts';

type Add = AddAction<HubSpotSettings>;

/**
 * Ids of the associations that HubSpot defines. Those of leads are in no source that we could read,
 * so notes and tasks are added to contacts and deals only. Source:
 * https://github.com/HubSpot/hubspot-api-nodejs (src/enums/AssociationTypes.ts)
 */
const ASSOCIATIONS = {
  notes: { contacts: 202, deals: 214 },
  tasks: { contacts: 204, deals: 216 },
} as const;

interface Place {
  stream: string;
  /** The type of the objects in that stream. */
  to: 'contacts' | 'deals';
}

/** Source: https://developers.hubspot.com/docs/api-reference/crm-notes-v3/guide */
export const addNote = (place: Place): Add => ({
  ...addObject(place, 'notes', 'hs_note_body', ({ values, requestedAt, id }) => ({
    hs_timestamp: requestedAt.toISOString(),
    hs_note_body: toHtml(values['text'] ?? '', id),
  })),
  key: 'note',
  label: 'Add a note',
  fields: [{ name: 'text', label: 'Note', kind: 'text' }],
});

/**
 * HubSpot asks when a task is due; one without a day is due on the day on which it is added. Source:
 * https://developers.hubspot.com/docs/api-reference/crm-tasks-v3/guide
 */
export const addTask = (place: Place): Add => ({
  ...addObject(place, 'tasks', 'hs_task_body', ({ values, requestedAt, id }) => ({
    hs_timestamp:
      values['due'] === undefined ? requestedAt.toISOString() : `${values['due']}T12:00:00.000Z`,
    hs_task_subject: values['subject'] ?? '',
    hs_task_body: toHtml(values['text'] ?? '', id),
    hs_task_status: 'NOT_STARTED',
    hs_task_type: 'TODO',
  })),
  key: 'task',
  label: 'Add a task',
  fields: [
    { name: 'subject', label: 'Task', kind: 'line' },
    { name: 'due', label: 'Due on', kind: 'day', optional: true },
    { name: 'text', label: 'Details', kind: 'text', optional: true },
  ],
});

function addObject(
  { stream, to }: Place,
  type: keyof typeof ASSOCIATIONS,
  text: string,
  toProperties: (addition: Addition) => Record<string, string>,
): Pick<Add, 'kind' | 'stream' | 'find' | 'body' | 'send'> {
  const body: Add['body'] = (addition) => ({
    properties: toProperties(addition),
    associations: [
      {
        to: { id: addition.externalId },
        types: [
          { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: ASSOCIATIONS[type][to] },
        ],
      },
    ],
  });
  return {
    kind: 'add',
    stream,
    async find(context, { externalId, id }) {
      const ids = await listAssociated(context, { from: to, id: externalId, to: type });
      const { rows } = await readObjectsById(context, type, ids, [text]);
      return rows.some(({ properties }) => String(properties?.[text] ?? '').includes(toMark(id)));
    },
    body,
    send: (context, addition) => create(context, `${paths.objects}/${type}`, body(addition)),
  };
}

/** More pages than any record has notes. */
const MAX_PAGES = 40;

/**
 * The ids of what a record is associated with. They come from the data itself: searches lag behind,
 * so what was just created would be missing from them.
 */
async function listAssociated(
  context: WriteContext<HubSpotSettings>,
  { from, id, to }: { from: string; id: string; to: string },
): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { body } = await post(context, `${paths.associations}/${from}/${to}/batch/read`, {
      inputs: [{ id, ...(after !== undefined && { after }) }],
    });
    const [found] = parseLinks(body);
    ids.push(...(found?.to ?? []).map(({ toObjectId }) => toObjectId));
    const next = found?.paging?.next?.after;
    if (next === undefined || next === after) break;
    after = next;
  }
  return ids;
}

/** The text as HTML, with the mark by which it is found again. */
const toHtml = (text: string, id: string): string =>
  [...(text === '' ? [] : [escapeHtml(text).replaceAll(/\r?\n/g, '<br>')]), toMark(id)].join(
    '<br><br>',
  );
