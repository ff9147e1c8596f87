import type { PushTable } from '../../contract/destination.ts';

interface TableNames {
  /** The entity set in addresses. */
  set: string;
  /** The column of the primary key. */
  id: string;
  /** The lookups to other tables: `column` in responses, `bind` in payloads. */
  parents: Partial<Record<PushTable, { column: string; bind: string }>>;
  /** What each value of `statecode` means; 0 is the only open state. */
  states: readonly string[];
}

const ACCOUNT = { column: '_parentaccountid_value', bind: 'parentaccountid' };
const CONTACT = { column: '_parentcontactid_value', bind: 'parentcontactid' };

export const TABLES: Record<PushTable, TableNames> = {
  account: { set: 'accounts', id: 'accountid', parents: {}, states: ['active', 'inactive'] },
  contact: {
    set: 'contacts',
    id: 'contactid',
    parents: { account: { column: '_parentcustomerid_value', bind: 'parentcustomerid_account' } },
    states: ['active', 'inactive'],
  },
  lead: {
    set: 'leads',
    id: 'leadid',
    parents: { account: ACCOUNT, contact: CONTACT },
    states: ['open', 'qualified', 'disqualified'],
  },
  opportunity: {
    set: 'opportunities',
    id: 'opportunityid',
    parents: {
      account: ACCOUNT,
      contact: CONTACT,
      lead: { column: '_originatingleadid_value', bind: 'originatingleadid' },
    },
    states: ['open', 'won', 'lost'],
  },
};
