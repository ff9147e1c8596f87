import type { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sourceId } from './shared.ts';
import { instant, line, optionalCode, optionalLine, prose } from './text.ts';

/** A call, meeting or task that is planned for a time. */
export const scheduledActivityFields = defineFields({
  ...sourceId,
  activityType: {
    kind: 'text',
    label: 'Type',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 18 },
  },
  scheduledAt: {
    kind: 'instant',
    label: 'When',
    required: true,
    record: instant(),
    shownIn: 'list',
    export: { width: 18 },
  },
  contactName: {
    kind: 'text',
    label: 'Contact',
    record: optionalLine(),
    shownIn: 'list',
    export: { width: 28 },
  },
  /** Plain text. */
  description: {
    kind: 'text',
    label: 'Description',
    record: prose().nullable(),
    shownIn: 'list',
    export: { width: 60 },
  },
  status: {
    kind: 'text',
    label: 'Status',
    record: optionalLine(),
    shownIn: 'list',
    export: { width: 14 },
  },
  /** The id in the source of the contact or lead that it is about, where the source says so. */
  contactId: {
    kind: 'text',
    label: 'Contact id',
    record: optionalCode(200).optional(),
    fixed: true,
  },
  /** When it was held, as far as the source says that it was. */
  heldAt: { kind: 'instant', label: 'Held', record: instant().nullable().optional() },
});

export const scheduledActivityRecord = recordSchema(scheduledActivityFields);
export type ScheduledActivityRecord = z.output<typeof scheduledActivityRecord>;
