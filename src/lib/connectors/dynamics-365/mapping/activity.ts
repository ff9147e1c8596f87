import type { NoteRecord } from '../../../records/note.ts';
import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected } from '../../contract/source.ts';
import {
  readDate,
  readLabel,
  readNumber,
  readRichText,
  parseRow,
  TABLE_ANNOTATION,
  readText,
  type Row,
} from './values.ts';

/** `statecode` of a completed task, as opposed to an open or cancelled one (Task EntityType). */
const COMPLETED = 1;

/** Maps a task. It is scheduled for its due date, else its start date, else its creation. */
export function mapTask(item: unknown): ScheduledActivityRecord {
  const row = parseRow(item, 'activityid');
  const scheduledAt =
    readDate(row, 'scheduledend') ?? readDate(row, 'scheduledstart') ?? readDate(row, 'createdon');
  if (scheduledAt === null)
    throw new RecordRejected(
      'The task has no date, so it cannot be scheduled. Correct it in Dynamics 365.',
      'scheduledend',
    );
  return {
    externalId: row.id,
    activityType: 'Task',
    scheduledAt,
    contactName: readLabel(row, '_regardingobjectid_value'),
    description:
      [readText(row, 'subject'), readRichText(row, 'description')]
        .filter((part) => part !== null)
        .join('\n') || null,
    status: readLabel(row, 'statuscode') ?? readLabel(row, 'statecode'),
    ...contactOf(row),
    ...(readNumber(row, 'statecode') === COMPLETED && { heldAt: scheduledAt }),
  };
}

/** Omitted, instead of null, when the task is about nothing, so that digests stay the same. */
function contactOf(row: Row): { contactId?: string } {
  const contactId = readText(row, '_regardingobjectid_value');
  return contactId === null ? {} : { contactId };
}

/** Maps a note, or the name of an attached file. */
export function mapNote(item: unknown): NoteRecord {
  const row = parseRow(item, 'annotationid');
  const contactId = readText(row, '_objectid_value');
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', '_objectid_value');
  const filename = readText(row, 'filename');
  return {
    externalId: row.id,
    contactId,
    noteDate: readDate(row, 'createdon'),
    author: readLabel(row, '_createdby_value'),
    content: [
      readText(row, 'subject'),
      readRichText(row, 'notetext'),
      filename === null ? null : `Attached: ${filename}`,
    ]
      .filter((part) => part !== null)
      .join('\n'),
  };
}

/** Tables whose notes are kept; so are notes whose table is unknown. */
const SALES = ['account', 'contact', 'lead', 'opportunity'];

/**
 * Whether a note belongs to a sales record and has any text. Notes can be attached to every kind of
 * row, such as cases and e-mails.
 */
export function isSalesNote(row: object): boolean {
  const text = (column: string): string => String(Reflect.get(row, column) ?? '').trim();
  // A note without an id is kept, so that the mapping rejects it with that reason.
  if (text('annotationid') === '') return true;
  const table = text(`_objectid_value${TABLE_ANNOTATION}`);
  const isAboutSales = text('_objectid_value') !== '' && (table === '' || SALES.includes(table));
  return isAboutSales && ['subject', 'notetext', 'filename'].some((column) => text(column) !== '');
}
