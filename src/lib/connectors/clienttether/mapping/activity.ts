import type { ScheduledActivityRecord } from '../../../records/scheduled-activity.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { parseDate, parseLabel, formatPersonName, toPlainText } from '../values.ts';
import { requireId } from './shared.ts';

type Context = MapContext<ClientTetherSettings>;

/**
 * Activities and events are numbered apart and kept together: the prefix keeps their ids from
 * colliding.
 */
export const toActivityId = (id: string) => `activity:${id}`;
export const toEventId = (id: string) => `event:${id}`;

/** What an event's type code is called on pages. */
const EVENT_TYPES: Record<string, string> = { appt: 'Appointment' };

/** A planned step of the sales cycle. */
export function mapActivity(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const activity = readItem('activity', item);
  return {
    externalId: toActivityId(requireId(activity.id, 'activity')),
    activityType: parseLabel(activity.type) ?? 'Activity',
    scheduledAt: requireDate(
      parseDate(activity.scheduled_at, 'scheduled_at', settings.timeZone),
      'activity',
    ),
    contactName: formatPersonName(activity.contact_name),
    description: joinTexts([activity.description]),
    status: parseLabel(activity.status),
  };
}

/** An appointment of the calendar. */
export function mapEvent(item: unknown, { settings }: Context): ScheduledActivityRecord {
  const event = readItem('event', item);
  const type = event.event_type?.trim().toLowerCase() ?? '';
  return {
    externalId: toEventId(requireId(event.event_id, 'event')),
    activityType: EVENT_TYPES[type] ?? parseLabel(event.event_type) ?? 'Event',
    scheduledAt: requireDate(parseDate(event.start_date, 'start_date', settings.timeZone), 'event'),
    contactName: formatPersonName(event.client_name),
    description: joinTexts([event.title, event.description]),
    status: parseLabel(event.status),
  };
}

function requireDate(at: Date | null, what: string): Date {
  if (at === null)
    throw new RecordRejected(`The ${what} has no date, so it cannot stand in a schedule.`);
  return at;
}

function joinTexts(parts: (string | null)[]): string | null {
  const lines = parts.filter((part) => part !== null).map(toPlainText);
  return lines.filter((line) => line !== '').join('\n') || null;
}
