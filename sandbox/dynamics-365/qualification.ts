import type { Ref, Row, Store, Value } from './store.ts';

/** The ids of the rows that qualifying a lead creates; a row without an id is not created. */
export interface QualificationIds {
  account?: string;
  contact?: string;
  opportunity?: string;
}

const ACCOUNT_FIELDS = [
  'websiteurl',
  'telephone1',
  'address1_city',
  'address1_stateorprovince',
  'address1_country',
  'numberofemployees',
  'revenue',
  'industrycode',
  'emailaddress1',
];
const CONTACT_FIELDS = [
  'firstname',
  'lastname',
  'jobtitle',
  'emailaddress1',
  'telephone1',
  'mobilephone',
  'address1_city',
  'address1_country',
];

/** Closes a lead as won and creates the rows that `ids` names. */
export function qualify(
  store: Store,
  lead: Row,
  ids: QualificationIds,
  at: number,
  via: 'api' | 'life',
): void {
  const account = reference('account', ids.account) ?? lead.parentaccountid ?? null;
  const contact = reference('contact', ids.contact) ?? lead.parentcontactid ?? null;
  const inherited = inheritedFields(lead);
  const rows = {
    account: accountRow(lead),
    contact: { ...copyFields(lead, CONTACT_FIELDS), parentcustomerid: account },
    opportunity: opportunityRow(lead, account, contact),
  };
  for (const table of ['account', 'contact', 'opportunity'] as const) {
    const id = ids[table];
    if (id !== undefined) store.insert(table, id, { ...inherited, ...rows[table] }, at, via);
  }
  const closed: Row = {
    statecode: 1,
    statuscode: 3,
    parentaccountid: account,
    parentcontactid: contact,
    qualifyingopportunityid: reference('opportunity', ids.opportunity) ?? null,
  };
  store.update('lead', String(lead.leadid), closed, at);
}

function reference(table: Ref['table'], id: string | undefined): Ref | undefined {
  return id === undefined ? undefined : { table, id };
}

/** What every created row takes from its lead, and the state of a new row. */
function inheritedFields(lead: Row): Row {
  return {
    ownerid: lead.ownerid ?? null,
    originatingleadid: { table: 'lead', id: String(lead.leadid) },
    transactioncurrencyid: lead.transactioncurrencyid ?? null,
    statecode: 0,
    statuscode: 1,
  };
}

function accountRow(lead: Row): Row {
  return {
    ...copyFields(lead, ACCOUNT_FIELDS),
    name: lead.companyname ?? lead.fullname ?? 'Unnamed',
  };
}

function opportunityRow(lead: Row, account: Value, contact: Value): Row {
  return {
    name: lead.subject ?? 'Opportunity',
    customerid: account ?? contact,
    parentaccountid: account,
    parentcontactid: contact,
    estimatedvalue: lead.estimatedamount ?? null,
    ...('hnt_leadid' in lead && { hnt_leadid: lead.hnt_leadid ?? null }),
    salesstage: 0,
    stepname: '1-Qualify',
    closeprobability: 20,
    opportunityratingcode: 2,
  };
}

function copyFields(lead: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, lead[name] ?? null]));
}
