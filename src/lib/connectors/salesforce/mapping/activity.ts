import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import {
  instant,
  instantIf,
  line,
  lineOr,
  oneLine,
  plainText,
  stacked,
} from '../../kit/mapping.ts';
import { parseRow, readFlag, readLookup } from './values.ts';

/**
 * A task or event with the id of what it is about: a lead or contact, else another record. The id is
 * omitted, instead of null, when it is about nothing.
 */
export function interpretActivity(item: unknown): Interpretation<'scheduledActivity'> {
  const row = parseRow(item);
  const contactId = readLookup(row, 'WhoId') ?? readLookup(row, 'WhatId');
  return { keys: { externalId: row.id, ...(contactId !== null && { contactId }) } };
}

const subject: MappingSchema = [
  line('contactName', ['Who.Name', 'What.Name']),
  stacked('description', [
    ['Subject', oneLine],
    ['Description', plainText],
  ]),
];

/** A task is scheduled for its due date, else for its creation. It was held when it was completed. */
const taskDates = ['ActivityDate', 'CreatedDate'];

export const taskMapping = (): MappingSchema => [
  lineOr('activityType', ['Type', 'TaskSubtype'], 'Task'),
  instant('scheduledAt', taskDates),
  ...subject,
  line('status', 'Status'),
  instantIf('heldAt', { path: 'IsClosed', isOneOf: [true, 'true'] }, [
    'CompletedDateTime',
    ...taskDates,
  ]),
];

/** Events of the calendar have no status, so nothing says whether they were held. */
export const eventMapping = (): MappingSchema => [
  lineOr('activityType', ['Type', 'EventSubtype'], 'Event'),
  instant('scheduledAt', ['StartDateTime', 'ActivityDateTime', 'ActivityDate', 'CreatedDate']),
  ...subject,
];

/**
 * Whether an activity is one of its own and meant for others: not the pattern of a series, whose
 * single activities are rows as well, not an invited person's copy, and not private.
 */
export const isShownActivity = (row: object): boolean =>
  ['IsRecurrence', 'IsRecurrence2', 'IsChild', 'IsPrivate'].every(
    (field) => readFlag(row, field) !== true,
  );
