import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import {
  constant,
  instant,
  instantIf,
  line,
  oneLine,
  plainText,
  stacked,
} from '../../kit/mapping.ts';
import { labelPath, parseRow, readText } from './values.ts';

/** `statecode` of a completed task, as opposed to an open or cancelled one (Task EntityType). */
const COMPLETED = 1;

const SUBJECT = '_regardingobjectid_value';

/** The id of the subject is omitted, instead of null, when the task is about nothing. */
export function interpretTask(item: unknown): Interpretation<'scheduledActivity'> {
  const row = parseRow(item, 'activityid');
  const contactId = readText(row, SUBJECT);
  return { keys: { externalId: row.id, ...(contactId !== null && { contactId }) } };
}

/** A task is scheduled for its due date, else its start date, else its creation. */
const dates = ['scheduledend', 'scheduledstart', 'createdon'];

export const taskMapping = (): MappingSchema => [
  constant('activityType', 'Task'),
  instant('scheduledAt', dates),
  line('contactName', labelPath(SUBJECT)),
  stacked('description', [
    ['subject', oneLine],
    ['description', plainText],
  ]),
  line('status', [labelPath('statuscode'), labelPath('statecode')]),
  instantIf('heldAt', { path: 'statecode', isOneOf: [COMPLETED] }, dates),
];
