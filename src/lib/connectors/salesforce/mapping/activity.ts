import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected } from '../../contract/source.ts';
import {
  joinLines,
  parseRow,
  readDate,
  readFirstText,
  readFlag,
  readLookup,
  readRichText,
  readText,
  type Row,
} from './values.ts';

/**
 * Maps a task. It is scheduled for its due date, else for its creation, and was held when it was
 * completed.
 */
export function mapTask(item: unknown): ScheduledActivityRecord {
  const row = parseRow(item);
  const scheduledAt = requireDate(row, ['ActivityDate', 'CreatedDate']);
  const isDone = readFlag(row, 'IsClosed') === true;
  return {
    ...mapActivity(row, scheduledAt),
    activityType: readFirstText(row, ['Type', 'TaskSubtype']) ?? 'Task',
    status: readText(row, 'Status'),
    ...(isDone && { heldAt: readDate(row, 'CompletedDateTime') ?? scheduledAt }),
  };
}

/** Maps an event of the calendar. Events have no status, so nothing says whether they were held. */
export function mapEvent(item: unknown): ScheduledActivityRecord {
  const row = parseRow(item);
  const scheduledAt = requireDate(row, [
    'StartDateTime',
    'ActivityDateTime',
    'ActivityDate',
    'CreatedDate',
  ]);
  return {
    ...mapActivity(row, scheduledAt),
    activityType: readFirstText(row, ['Type', 'EventSubtype']) ?? 'Event',
    status: null,
  };
}

/** What a task or event is about: a lead or contact, else another record. */
function mapActivity(row: Row, scheduledAt: Date) {
  const contactId = readLookup(row, 'WhoId') ?? readLookup(row, 'WhatId');
  return {
    externalId: row.id,
    scheduledAt,
    contactName: readFirstText(row, ['Who.Name', 'What.Name']),
    description: joinLines([readText(row, 'Subject'), readRichText(row, 'Description')]),
    ...(contactId !== null && { contactId }),
  };
}

function requireDate(row: Row, fields: readonly string[]): Date {
  const at = fields.map((field) => readDate(row, field)).find((date) => date !== null);
  if (at !== undefined) return at;
  throw new RecordRejected(
    'The activity has no date, so it cannot be scheduled. Correct it in Salesforce.',
    fields[0],
  );
}

/**
 * Whether an activity is one of its own and meant for others: not the pattern of a series, whose
 * single activities are rows as well, not an invited person's copy, and not private.
 */
export const isShownActivity = (row: object): boolean =>
  ['IsRecurrence', 'IsRecurrence2', 'IsChild', 'IsPrivate'].every(
    (field) => readFlag(row, field) !== true,
  );
