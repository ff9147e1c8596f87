import type { NoteRecord } from '../../../records/note.ts';
import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected } from '../../contract/source.ts';
import { linkTypes, readItem, type Item, type LinkType } from '../item.ts';
import { leads, meetings, tasks } from '../objects.ts';
import { readDate, readLabel, readPersonName, readRichText, readText } from './values.ts';

/**
 * What an id of each type begins with in our records. Contacts are what notes and activities are
 * mostly about, and leads that are contacts have the same ids.
 */
const PREFIXES: Record<LinkType, string> = {
  leads: leads.prefix ?? '',
  contacts: '',
  companies: 'company-',
  deals: 'deal-',
};

/** The id of what a note or activity is about: the lead or contact before the company or deal. */
function readSubject({ about }: Item): string | null {
  for (const type of linkTypes) {
    const id = about.links?.[type]?.[0];
    if (id !== undefined) return `${PREFIXES[type]}${id}`;
  }
  return null;
}

function readSubjectName({ about }: Item): string | null {
  const contact = about.related?.contacts;
  return (
    readPersonName(contact) ??
    readText(contact, 'email') ??
    readText(about.related?.companies, 'name')
  );
}

/** Maps a note, or the fact that files are attached. */
export function mapNote(value: unknown): NoteRecord {
  const item = readItem(value);
  const contactId = readSubject(item);
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', 'about.links');
  const files = (item.properties['hs_attachment_ids'] ?? '').split(';').filter(Boolean).length;
  const attached = files === 1 ? '1 attached file' : `${files} attached files`;
  return {
    externalId: item.id,
    contactId,
    noteDate: readDate(item, 'hs_timestamp') ?? readDate(item, 'hs_createdate'),
    author: item.about.owner ?? null,
    content: [readRichText(item, 'hs_note_body'), files === 0 ? null : attached]
      .filter((part) => part !== null)
      .join('\n'),
  };
}

/** Statuses and outcomes by the names that HubSpot gives them. */
const COMPLETED = 'COMPLETED';
const TASK_TYPES = new Map([
  ['CALL', 'Call'],
  ['EMAIL', 'E-mail'],
]);

/** Maps a task. It is scheduled for the day when it is due. */
export function mapTask(value: unknown): ScheduledActivityRecord {
  const item = readItem(value);
  const { properties } = item;
  const scheduledAt = requireTime(item, ['hs_timestamp', 'hs_createdate']);
  const isDone = properties['hs_task_status'] === COMPLETED;
  return {
    ...readCommon(item, tasks.prefix),
    activityType: TASK_TYPES.get(properties['hs_task_type'] ?? '') ?? 'Task',
    scheduledAt,
    description: readDescription(item, 'hs_task_subject', 'hs_task_body'),
    status: readLabel(item, 'hs_task_status'),
    ...(isDone && { heldAt: readDate(item, 'hs_task_completion_date') ?? scheduledAt }),
  };
}

/** Maps a meeting. */
export function mapMeeting(value: unknown): ScheduledActivityRecord {
  const item = readItem(value);
  const scheduledAt = requireTime(item, ['hs_meeting_start_time', 'hs_timestamp']);
  const isHeld = item.properties['hs_meeting_outcome'] === COMPLETED;
  return {
    ...readCommon(item, meetings.prefix),
    activityType: 'Meeting',
    scheduledAt,
    description: readDescription(item, 'hs_meeting_title', 'hs_meeting_body'),
    status: readLabel(item, 'hs_meeting_outcome'),
    ...(isHeld && { heldAt: scheduledAt }),
  };
}

type Common = Pick<ScheduledActivityRecord, 'externalId' | 'contactName' | 'contactId'>;

/** The id of the subject is omitted, instead of null, when the activity is about nothing. */
function readCommon(item: Item, prefix = ''): Common {
  const contactId = readSubject(item);
  return {
    externalId: `${prefix}${item.id}`,
    contactName: readSubjectName(item),
    ...(contactId !== null && { contactId }),
  };
}

function requireTime(item: Item, names: readonly string[]): Date {
  const [time] = names.map((name) => readDate(item, name)).filter((each) => each !== null);
  if (time !== undefined) return time;
  throw new RecordRejected(
    'The activity has no date, so it cannot be scheduled. Correct it in HubSpot.',
    names[0],
  );
}

function readDescription(item: Item, title: string, body: string): string | null {
  const parts = [readText(item.properties, title), readRichText(item, body)];
  return parts.filter((part) => part !== null).join('\n') || null;
}
