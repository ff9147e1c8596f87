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

/** The state of a task that was done, unlike one that is open or cancelled (Task EntityType). */
const COMPLETED = 1;

/** A task. It stands in the schedule when it is due, else when it begins, else when it was made. */
export function mapTask(item: unknown): ScheduledActivityRecord {
  const row = parseRow(item, 'activityid');
  const scheduledAt =
    readDate(row, 'scheduledend') ?? readDate(row, 'scheduledstart') ?? readDate(row, 'createdon');
  if (scheduledAt === null)
    throw new RecordRejected(
      'The task has no date, so it cannot stand in a schedule.',
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

/** Left out where the task is about nothing: the digests of such rows stay as they are. */
function contactOf(row: Row): { contactId?: string } {
  const contactId = readText(row, '_regardingobjectid_value');
  return contactId === null ? {} : { contactId };
}

/** A note, or the title of a file that was attached. */
export function mapNote(item: unknown): NoteRecord {
  const row = parseRow(item, 'annotationid');
  const contactId = readText(row, '_objectid_value');
  if (contactId === null)
    throw new RecordRejected('The note does not say what it is about.', '_objectid_value');
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

const SALES = ['account', 'contact', 'lead', 'opportunity'];

/**
 * Notes hang on all kinds of rows, cases and mails among them: those about sales that have a word
 * are for people to read.
 */
export function isSalesNote(row: object): boolean {
  const text = (column: string): string => String(Reflect.get(row, column) ?? '').trim();
  const about = text(`_objectid_value${TABLE_ANNOTATION}`);
  // What has no id is set aside with that reason; where the source does not name the table, what it
  // is about is not known.
  return (
    text('annotationid') === '' ||
    (text('_objectid_value') !== '' &&
      (about === '' || SALES.includes(about)) &&
      ['subject', 'notetext', 'filename'].some((column) => text(column) !== ''))
  );
}
