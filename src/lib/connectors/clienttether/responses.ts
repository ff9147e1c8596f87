import { readText } from './values.ts';

/** A value as the source gives it; null when blank, absent or `false`. */
type CTText = string | null;

/**
 * The names under which each field has been seen. Which of them the API uses for notes and
 * activities is not documented, so both are read; the first one that holds something wins.
 */
const FIELD_ALIASES = {
  lead: {
    ...keepNames(
      'client_id',
      'external_id',
      'firstName',
      'lastName',
      'compName',
      'email',
      'phone',
      'address',
      'city',
      'state',
      'zip',
    ),
    ...keepNames(
      'whiteboard',
      'deal_size',
      'clients_action_plan',
      'clients_sales_cycle',
      'clients_lead_source',
    ),
    ...keepNames('created', 'last_modified_date', 'contact_type', 'assigned_user'),
  },
  opportunity: {
    ...keepNames(
      'opportunity_id',
      'firstName',
      'lastName',
      'compName',
      'contact_sales_cycle',
      'contact_lead_source',
    ),
    ...keepNames('contact_action_plan', 'deal_size', 'created', 'last_modified_date'),
  },
  note: {
    id: ['id', 'note_id'],
    contact_id: ['contact_id', 'client_id'],
    date: ['date', 'created'],
    author: ['author', 'user_name'],
    content: ['content', 'note'],
  },
  activity: {
    id: ['id', 'activity_id'],
    type: ['type', 'activity_type'],
    scheduled_at: ['scheduled_at', 'start_date'],
    contact_id: ['contact_id', 'client_id'],
    contact_name: ['contact_name', 'client_name'],
    description: ['description', 'note'],
    status: ['status', 'activity_status'],
  },
  event: {
    ...keepNames(
      'event_id',
      'event_type',
      'title',
      'start_date',
      'end_date',
      'client_id',
      'description',
      'status',
    ),
    client_name: ['client_name', 'contact_name'],
  },
  salesCycle: keepNames('sales_cycle_id', 'sales_cycle_name', 'sales_cycle_active_status'),
} as const;

export type ItemKind = keyof typeof FIELD_ALIASES;

type Fields<Kind extends ItemKind> = Record<keyof (typeof FIELD_ALIASES)[Kind], CTText>;

/**
 * A client. `clients_sales_cycle` and `clients_lead_source` are names, not ids; a blank sales cycle
 * is a new lead.
 */
export type CTLeadResponse = Fields<'lead'>;
/** An opportunity. Custom fields stay on the raw item: see readCustomField. */
export type CTOpportunityResponse = Fields<'opportunity'>;
/** An entry of a client's history. `content` is HTML. */
export type CTNoteResponse = Fields<'note'>;
export type CTActivityResponse = Fields<'activity'>;
export type CTEventResponse = Fields<'event'>;

/** An item of a list under the field names above. Never throws: what is not there is null. */
export function readItem<Kind extends ItemKind>(kind: Kind, item: unknown): Fields<Kind> {
  const raw = toObject(item);
  const entries = Object.entries<readonly string[]>(FIELD_ALIASES[kind]).map(([field, names]) => [
    field,
    names.map((name) => readText(raw[name])).find((text) => text !== null) ?? null,
  ]);
  return Object.fromEntries(entries) as Fields<Kind>;
}

/** A field of an item by the name that the account gave it, at the top or in `custom_fields`. */
export function readCustomField(item: unknown, name: string): CTText {
  const raw = toObject(item);
  return readText(raw[name]) ?? readText(toObject(raw.custom_fields)[name]);
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Fields that have been seen under one name only. */
function keepNames<const Name extends string>(...names: Name[]): { [Key in Name]: readonly [Key] } {
  return Object.fromEntries(names.map((name) => [name, [name]])) as unknown as {
    [Key in Name]: readonly [Key];
  };
}
