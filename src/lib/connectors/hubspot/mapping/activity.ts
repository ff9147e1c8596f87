import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { constant, line } from '../../kit/mapping.ts';
import { readItem } from '../item.ts';
import { meetings, tasks } from '../objects.ts';
import { readSubject } from './subject.ts';
import { dateSteps, joinProse, label, readPersonName, time } from './values.ts';

export const interpretTask = (item: unknown) => interpret(item, tasks.prefix);
export const interpretMeeting = (item: unknown) => interpret(item, meetings.prefix);

/** The id of the subject is omitted, instead of null, when the activity is about nothing. */
function interpret(value: unknown, prefix = ''): Interpretation<'scheduledActivity'> {
  const item = readItem(value);
  const contactId = readSubject(item);
  return {
    keys: { externalId: `${prefix}${item.id}`, ...(contactId !== null && { contactId }) },
    facts: { fullName: readPersonName(item.about.related?.contacts) },
  };
}

/** A task is scheduled for the day when it is due. */
export const taskMapping = (): MappingSchema => [
  {
    target: 'activityType',
    sources: ['properties.hs_task_type'],
    steps: [
      {
        fn: 'lookup',
        args: {
          table: [
            { from: 'CALL', to: 'Call' },
            { from: 'EMAIL', to: 'E-mail' },
          ],
          otherwise: 'empty',
        },
      },
      { fn: 'default', args: { value: 'Task' } },
    ],
  },
  time('scheduledAt', taskTimes),
  contactName,
  description('properties.hs_task_subject', 'properties.hs_task_body'),
  label('status', 'hs_task_status'),
  heldAt('properties.hs_task_status', ['properties.hs_task_completion_date', ...taskTimes]),
];

export const meetingMapping = (): MappingSchema => [
  constant('activityType', 'Meeting'),
  time('scheduledAt', meetingTimes),
  contactName,
  description('properties.hs_meeting_title', 'properties.hs_meeting_body'),
  label('status', 'hs_meeting_outcome'),
  heldAt('properties.hs_meeting_outcome', meetingTimes),
];

const taskTimes = ['properties.hs_timestamp', 'properties.hs_createdate'];
const meetingTimes = ['properties.hs_meeting_start_time', 'properties.hs_timestamp'];

const contactName = line('contactName', [
  '@fullName',
  'about.related.contacts.email',
  'about.related.companies.name',
]);

const description = (title: string, body: string): FieldSchema => ({
  target: 'description',
  sources: [title, body],
  steps: [...joinProse],
  fallback: null,
});

/**
 * The first of the times, once the status says that it was held. The status is among the values
 * that are tried, too, but it is no time.
 */
const heldAt = (status: string, sources: readonly string[]): FieldSchema => ({
  target: 'heldAt',
  sources: [status, ...sources],
  steps: [
    {
      fn: 'conditional',
      args: {
        path: '[0]',
        is: 'equals',
        value: 'COMPLETED',
        whenTrue: [{ fn: 'first-valid', args: { steps: dateSteps } }],
        whenFalse: [{ fn: 'constant', args: { value: null } }],
      },
    },
  ],
  fallback: null,
});
