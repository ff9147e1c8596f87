import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { parseLabel, formatPersonName } from '../values.ts';
import { requireId } from './shared.ts';

type Context = MapContext<ClientTetherSettings>;

/**
 * Prefixes the ids, because activities and events are stored together but numbered separately in
 * ClientTether.
 */
export const toActivityId = (id: string) => `activity:${id}`;
export const toEventId = (id: string) => `event:${id}`;

/** Labels for the type codes of events. */
const EVENT_TYPES = new Map([['appt', 'Appointment']]);

/** Maps a planned step of the sales cycle. */
export function mapActivity(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const activity = readItem('activity', item);
  const at = parseDateTime(activity.scheduled_at, settings.timeZone);
  const scheduledAt = requireDate(at, 'activity');
  return {
    externalId: toActivityId(requireId(activity.id, 'activity')),
    activityType: parseLabel(activity.type) ?? 'Activity',
    scheduledAt,
    contactName: formatPersonName(activity.contact_name),
    description: joinTexts([activity.description]),
    status: parseLabel(activity.status),
    ...contactFields(activity.contact_id, activity.status, scheduledAt),
  };
}

/** Maps an appointment in the calendar. */
export function mapEvent(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const event = readItem('event', item);
  const type = event.event_type?.trim().toLowerCase() ?? '';
  const at = parseDateTime(event.start_date, settings.timeZone);
  const scheduledAt = requireDate(at, 'event');
  return {
    externalId: toEventId(requireId(event.event_id, 'event')),
    activityType: EVENT_TYPES.get(type) ?? parseLabel(event.event_type) ?? 'Event',
    scheduledAt,
    contactName: formatPersonName(event.client_name),
    description: joinTexts([event.title, event.description]),
    status: parseLabel(event.status),
    ...contactFields(event.client_id, event.status, scheduledAt),
  };
}

/**
 * Statuses of an activity that has taken place. No public source lists the statuses, so these are
 * the usual words.
 */
const HELD = /^(completed?|done|held)$/i;

/**
 * The contact of the activity, and when it took place. Unknown values are omitted instead of null,
 * so that the digests of such rows stay the same.
 */
function contactFields(
  contactId: string | null,
  status: string | null,
  scheduledAt: Date,
): Pick<ScheduledActivityRecord, 'contactId' | 'heldAt'> {
  return {
    ...(contactId !== null && { contactId }),
    ...(HELD.test(status?.trim() ?? '') && { heldAt: scheduledAt }),
  };
}

function requireDate(at: Date | null, what: string): Date {
  if (at === null) throw new RecordRejected(`The ${what} has no date, so it cannot be scheduled.`);
  return at;
}

function joinTexts(parts: (string | null)[]): string | null {
  const lines = parts.filter((part) => part !== null).map(toPlainText);
  return lines.filter((line) => line !== '').join('\n') || null;
}
