import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { StepData } from '../../../conversion/transformations/kit/steps.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { firstOf, instant, orElse } from '../../kit/mapping.ts';
import { namesOf, readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { requireId } from './require-id.ts';
import { choice, give, label, mapEach, personName, plainText } from './steps.ts';

type Context = Pick<ItemContext<ClientTetherSettings>, 'settings'>;
type Made = Interpretation<'scheduledActivity'>;

/**
 * Prefixes the ids, because activities and events are stored together but numbered separately in
 * ClientTether.
 */
export const toActivityId = (id: string) => `activity:${id}`;
export const toEventId = (id: string) => `event:${id}`;

export function interpretActivity(item: unknown): Made {
  const { id, contact_id: contactId } = readItem('activity', item);
  return toKeys(toActivityId(requireId(id, 'activity')), contactId);
}

export function interpretEvent(item: unknown): Made {
  const { event_id: id, client_id: contactId } = readItem('event', item);
  return toKeys(toEventId(requireId(id, 'event')), contactId);
}

/**
 * A contact that is not named is omitted instead of null, so that the digests of such rows stay the
 * same.
 */
const toKeys = (externalId: string, contactId: string | null): Made => ({
  keys: { externalId, ...(contactId !== null && { contactId }) },
});

/** A planned step of the sales cycle. */
export function activityMapping({ settings }: Context): MappingSchema {
  const dates = namesOf('activity', 'scheduled_at');
  const statuses = namesOf('activity', 'status');
  return [
    orElse(firstOf('activityType', namesOf('activity', 'type'), label), 'Activity'),
    instant('scheduledAt', dates, settings.timeZone),
    firstOf('contactName', namesOf('activity', 'contact_name'), personName),
    firstOf('description', namesOf('activity', 'description'), plainText),
    firstOf('status', statuses, label),
    heldAt(statuses, dates, settings.timeZone),
  ];
}

/** Labels for the type codes of events. */
const EVENT_TYPES = [{ from: 'appt', to: 'Appointment' }];

/** An appointment in the calendar. */
export const eventMapping = ({ settings }: Context): MappingSchema => [
  orElse(
    firstOf('activityType', 'event_type', [
      ...choice,
      { fn: 'lookup', args: { table: EVENT_TYPES, ignoreCase: true } },
      { fn: 'label' },
    ]),
    'Event',
  ),
  instant('scheduledAt', 'start_date', settings.timeZone),
  firstOf('contactName', namesOf('event', 'client_name'), personName),
  lines('description', ['title', 'description']),
  firstOf('status', 'status', label),
  heldAt(['status'], ['start_date'], settings.timeZone),
];

/** The plain text of each source in lines of its own. */
const lines = (target: string, sources: readonly string[]): FieldSchema => ({
  target,
  sources: [...sources],
  steps: [mapEach(plainText), { fn: 'join', args: { separator: '\n' } }],
  fallback: null,
});

/**
 * Statuses of an activity that has taken place. No public source lists the statuses, so these are
 * the usual words.
 */
const HELD = ['complete', 'completed', 'done', 'held'];

/** The time for which an activity was planned, if its status says that it took place. */
function heldAt(
  statuses: readonly string[],
  dates: readonly string[],
  timeZone: string,
): FieldSchema {
  // No status is a date, so the first date of the list is that of the activity.
  const date: StepData = {
    fn: 'first-valid',
    args: { steps: [{ fn: 'date-parse', args: { timeZone } }] },
  };
  const lower = [{ fn: 'text' }, { fn: 'trim' }, { fn: 'case', args: { to: 'lower' } }];
  const steps = statuses.reduceRight<StepData[]>(
    (otherwise, _path, at) => [
      {
        fn: 'conditional',
        args: {
          path: `[${at}]`,
          is: 'one-of',
          value: HELD,
          whenTrue: [date],
          whenFalse: otherwise,
        },
      },
    ],
    [give(null)],
  );
  return {
    target: 'heldAt',
    sources: [...statuses, ...dates],
    steps: [mapEach(lower), ...steps],
    fallback: null,
  };
}
