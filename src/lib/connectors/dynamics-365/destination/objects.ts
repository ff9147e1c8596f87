import type { ObjectRole } from '../../contract/destination.ts';

interface Table {
  /** Its logical name, which its metadata is read by. */
  name: string;
  /** The entity set in addresses. */
  set: string;
  /** The column of the primary key. */
  id: string;
  /** The lookups to other tables: `column` in responses, `bind` in payloads. */
  parents: Partial<Record<ObjectRole, { column: string; bind: string }>>;
  /** What each value of `statecode` means; 0 is the only open state. */
  states: readonly string[];
}

const ACCOUNT = { column: '_parentaccountid_value', bind: 'parentaccountid' };
const CONTACT = { column: '_parentcontactid_value', bind: 'parentcontactid' };

/** The state of a lead that lives on as its opportunity. */
export const QUALIFIED = 'qualified';

export const TABLES: Record<ObjectRole, Table> = {
  company: {
    name: 'account',
    set: 'accounts',
    id: 'accountid',
    parents: {},
    states: ['active', 'inactive'],
  },
  contact: {
    name: 'contact',
    set: 'contacts',
    id: 'contactid',
    parents: { company: { column: '_parentcustomerid_value', bind: 'parentcustomerid_account' } },
    states: ['active', 'inactive'],
  },
  lead: {
    name: 'lead',
    set: 'leads',
    id: 'leadid',
    parents: { company: ACCOUNT, contact: CONTACT },
    states: ['open', QUALIFIED, 'disqualified'],
  },
  deal: {
    name: 'opportunity',
    set: 'opportunities',
    id: 'opportunityid',
    parents: {
      company: ACCOUNT,
      contact: CONTACT,
      lead: { column: '_originatingleadid_value', bind: 'originatingleadid' },
    },
    states: ['open', 'won', 'lost'],
  },
};
