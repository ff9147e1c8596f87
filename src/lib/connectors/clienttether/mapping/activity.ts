import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { dateOf, labelOf, personOf, plainTextOf } from '../values.ts';
import { idOf } from './shared.ts';

type Context = MapContext<ClientTetherSettings>;

/**
 * Activities and events are numbered apart and kept together: the prefix keeps their ids from
 * colliding.
 */
export const activityId = (id: string) => `activity:${id}`;
export const eventId = (id: string) => `event:${id}`;

/** What an event's type code is called on pages. */
const EVENT_TYPES: Record<string, string> = { appt: 'Appointment' };

/** A planned step of the sales cycle. */
export function mapActivity(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const activity = readItem('activity', item);
  return {
    externalId: activityId(idOf(activity.id, 'activity')),
    activityType: labelOf(activity.type) ?? 'Activity',
    scheduledAt: plannedAt(
      dateOf(activity.scheduled_at, 'scheduled_at', settings.timeZone),
      'activity',
    ),
    contactName: personOf(activity.contact_name),
    description: textOrNull([activity.description]),
    status: labelOf(activity.status),
  };
}

/** An appointment of the calendar. */
export function mapEvent(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const event = readItem('event', item);
  const type = event.event_type?.trim().toLowerCase() ?? '';
  return {
    externalId: eventId(idOf(event.event_id, 'event')),
    activityType: EVENT_TYPES[type] ?? labelOf(event.event_type) ?? 'Event',
    scheduledAt: plannedAt(dateOf(event.start_date, 'start_date', settings.timeZone), 'event'),
    contactName: personOf(event.client_name),
    description: textOrNull([event.title, event.description]),
    status: labelOf(event.status),
  };
}

function plannedAt(at: Date | null, what: string): Date {
  if (at === null)
    throw new RecordRejected(`The ${what} has no date, so it cannot stand in a schedule.`);
  return at;
}

function textOrNull(parts: (string | null)[]): string | null {
  const lines = parts.filter((part) => part !== null).map(plainTextOf);
  return lines.filter((line) => line !== '').join('\n') || null;
}
