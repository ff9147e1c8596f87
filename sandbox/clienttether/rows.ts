/**
 * Rows in their canonical shape: the field names of the 'plain' dialect, custom fields at the top
 * level.
 */
export type Row = Record<string, unknown>;

export const KINDS = ['clients', 'opportunities', 'notes', 'activities', 'events'] as const;
export type Kind = (typeof KINDS)[number];

/** The field that identifies a row of a kind; ids are decimal strings. */
export const ID_FIELD: Record<Kind, string> = {
  clients: 'client_id',
  opportunities: 'opportunity_id',
  notes: 'id',
  activities: 'id',
  events: 'event_id',
};

export const UNSET_DATE = '0000-00-00 00:00:00';

/** An id as text. Poisoned rows carry ids that are not text. */
export function idText(id: unknown): string {
  return typeof id === 'string' ? id : JSON.stringify(id);
}

/** Everything that is not one of these is a custom field of the account. */
export const OPPORTUNITY_FIELDS = new Set([
  'opportunity_id',
  'firstName',
  'lastName',
  'compName',
  'contact_sales_cycle',
  'contact_lead_source',
  'contact_action_plan',
  'deal_size',
  'created',
  'last_modified_date',
]);

export const CLIENT_FIELDS = new Set([
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
  'whiteboard',
  'deal_size',
  'clients_action_plan',
  'clients_sales_cycle',
  'clients_lead_source',
  'created',
  'last_modified_date',
  'contact_type',
  'assigned_user',
]);

/** A client without news: unset fields are blank, as the API sends them. */
export function blankClient(id: string): Row {
  return {
    client_id: id,
    external_id: false,
    firstName: '',
    lastName: '',
    compName: '',
    email: '',
    phone: '',
    address: '',
    city: '',
    state: '',
    zip: '',
    whiteboard: '',
    deal_size: '',
    clients_action_plan: '',
    clients_sales_cycle: '',
    clients_lead_source: '',
    created: UNSET_DATE,
    last_modified_date: UNSET_DATE,
    contact_type: '1',
    assigned_user: '',
  };
}

export function blankOpportunity(id: string): Row {
  return {
    opportunity_id: id,
    firstName: '',
    lastName: '',
    compName: '',
    contact_sales_cycle: '',
    contact_lead_source: '',
    contact_action_plan: '',
    deal_size: '',
    created: UNSET_DATE,
    last_modified_date: UNSET_DATE,
  };
}

/** A row of any kind with every field present, for rows that a test adds with a few fields only. */
export function blankRow(kind: Kind, id: string): Row {
  switch (kind) {
    case 'clients':
      return blankClient(id);
    case 'opportunities':
      return blankOpportunity(id);
    case 'notes':
      return { id, contact_id: '', date: UNSET_DATE, author: '', content: '' };
    case 'activities':
      return {
        id,
        type: 'Call',
        scheduled_at: UNSET_DATE,
        contact_name: '',
        description: '',
        status: 'Scheduled',
      };
    case 'events':
      return {
        event_id: id,
        event_type: 'appt',
        title: '',
        start_date: UNSET_DATE,
        end_date: UNSET_DATE,
        client_id: false,
        client_name: '',
        description: '',
        status: 'Scheduled',
      };
  }
}
