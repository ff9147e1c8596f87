import { toObject } from '../kit/json.ts';
import { readText } from './values.ts';

/** A value as received; null when it is blank, absent or `false`. */
type CTText = string | null;

/**
 * The known names of each field. The documentation does not say which one the API uses for notes
 * and activities, so all of them are read; the first one with a value wins.
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
 * means a new lead.
 */
export type CTLeadResponse = Fields<'lead'>;
/** An opportunity. Custom fields stay in the raw item. */
export type CTOpportunityResponse = Fields<'opportunity'>;
/** An entry of a client's history. `content` is HTML. */
export type CTNoteResponse = Fields<'note'>;
export type CTActivityResponse = Fields<'activity'>;
export type CTEventResponse = Fields<'event'>;

/** The fields of an item under the names above. Never throws: missing fields are null. */
export function readItem<Kind extends ItemKind>(kind: Kind, item: unknown): Fields<Kind> {
  const raw = toObject(item);
  const entries = Object.entries<readonly string[]>(FIELD_ALIASES[kind]).map(([field, names]) => [
    field,
    names.map((name) => readText(raw[name])).find((text) => text !== null) ?? null,
  ]);
  return Object.fromEntries(entries) as Fields<Kind>;
}

/** The names under which a field may arrive, in the order in which they are tried. */
export const namesOf = <Kind extends ItemKind>(
  kind: Kind,
  field: keyof (typeof FIELD_ALIASES)[Kind] & string,
): readonly string[] =>
  (FIELD_ALIASES[kind] as Readonly<Record<string, readonly string[]>>)[field] ?? [];

/** The names under which the items of all lists keep their own ids. */
const ID_FIELDS = [
  'client_id',
  'opportunity_id',
  ...FIELD_ALIASES.note.id,
  ...FIELD_ALIASES.activity.id,
  'event_id',
  'sales_cycle_id',
];

/** Whether an object is an item of any list, as opposed to a list of them or something else. */
export function hasIdField(fields: Record<string, unknown>): boolean {
  return ID_FIELDS.some((name) => Object.hasOwn(fields, name));
}

/** Fields that are known under a single name. */
function keepNames<const Name extends string>(...names: Name[]): { [Key in Name]: readonly [Key] } {
  return Object.fromEntries(names.map((name) => [name, [name]])) as unknown as {
    [Key in Name]: readonly [Key];
  };
}
