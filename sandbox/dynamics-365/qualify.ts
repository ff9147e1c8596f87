import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { keyOf, rowAt } from './address.ts';
import { badPayload, CODES, notFound } from './errors.ts';
import type { Org } from './org.ts';
import type { Row, Store } from './store.ts';
import { preferencesOf } from './prefer.ts';
import { wireRow } from './wire.ts';

/** What a qualified lead leaves behind, each when it is wanted. */
export interface Offspring {
  account?: string;
  contact?: string;
  opportunity?: string;
}

/** QualifyLead. A second call fails: the lead is closed then. */
export function qualifyLead(org: Org, request: SandboxRequest): Reply {
  const table = org.store.schema.lead;
  const key = keyOf(table, request.params.key ?? '');
  const lead = rowAt(org.store, table, key);
  if (lead === undefined) throw notFound('lead', request.params.key ?? '');
  org.need('write:lead');
  if (lead.statecode !== 0) throw badPayload('The lead is already closed.', CODES.closed);
  const asked = JSON.parse(request.body || '{}') as {
    CreateAccount?: boolean;
    CreateContact?: boolean;
    CreateOpportunity?: boolean;
    Status?: number;
  };
  const status = asked.Status === -1 || asked.Status === undefined ? 3 : asked.Status;
  if (status !== 3)
    throw badPayload(
      `${status} is not a valid status code for state code LeadState.Qualified`,
      CODES.stateMismatch,
    );
  const ids: Offspring = {
    ...(asked.CreateAccount === true && { account: org.freshId() }),
    ...(asked.CreateContact === true && { contact: `${org.freshId()}` }),
    ...(asked.CreateOpportunity === true && { opportunity: org.freshId() }),
  };
  qualify(org.store, lead, ids, org.now(), 'api');
  const value = (['account', 'contact', 'opportunity'] as const).flatMap((name) => {
    const made = ids[name] === undefined ? undefined : org.store.row(name, ids[name]);
    const columns = org.store.schema[name].columns;
    return made === undefined
      ? []
      : [
          {
            '@odata.type': `#Microsoft.Dynamics.CRM.${name}`,
            ...wireRow(
              org.store,
              org.store.schema[name],
              made,
              columns,
              preferencesOf(request.headers),
            ),
          },
        ];
  });
  return json({
    '@odata.context': `${org.root}/api/data/v9.2/$metadata#Collection(mscrm.crmbaseentity)`,
    value,
  });
}

/** Closes a lead as won and makes what follows from it. */
export function qualify(
  store: Store,
  lead: Row,
  ids: Offspring,
  at: number,
  via: 'api' | 'life',
): void {
  const leadId = String(lead.leadid);
  const origin = { table: 'lead' as const, id: leadId };
  const shared: Row = {
    ownerid: lead.ownerid ?? null,
    originatingleadid: origin,
    transactioncurrencyid: lead.transactioncurrencyid ?? null,
    statecode: 0,
    statuscode: 1,
  };
  const account =
    ids.account === undefined
      ? (lead.parentaccountid ?? null)
      : { table: 'account' as const, id: ids.account };
  const contact =
    ids.contact === undefined
      ? (lead.parentcontactid ?? null)
      : { table: 'contact' as const, id: ids.contact };
  const copied = (...names: string[]): Row =>
    Object.fromEntries(names.map((name) => [name, lead[name] ?? null]));
  if (ids.account !== undefined) {
    const fields = copied(
      'websiteurl',
      'telephone1',
      'address1_city',
      'address1_stateorprovince',
      'address1_country',
      'numberofemployees',
      'revenue',
      'industrycode',
      'emailaddress1',
    );
    store.insert(
      'account',
      ids.account,
      { ...shared, ...fields, name: lead.companyname ?? lead.fullname ?? 'Unnamed' },
      at,
      via,
    );
  }
  if (ids.contact !== undefined) {
    const fields = copied(
      'firstname',
      'lastname',
      'jobtitle',
      'emailaddress1',
      'telephone1',
      'mobilephone',
      'address1_city',
      'address1_country',
    );
    store.insert(
      'contact',
      ids.contact,
      { ...shared, ...fields, parentcustomerid: account },
      at,
      via,
    );
  }
  if (ids.opportunity !== undefined) {
    const own: Row = {
      name: lead.subject ?? 'Opportunity',
      customerid: account ?? contact,
      parentaccountid: account,
      parentcontactid: contact,
      estimatedvalue: lead.estimatedamount ?? null,
      ...('hnt_leadid' in lead && { hnt_leadid: lead.hnt_leadid ?? null }),
    };
    store.insert(
      'opportunity',
      ids.opportunity,
      {
        ...shared,
        ...own,
        salesstage: 0,
        stepname: '1-Qualify',
        closeprobability: 20,
        opportunityratingcode: 2,
      },
      at,
      via,
    );
  }
  const opportunity =
    ids.opportunity === undefined ? null : { table: 'opportunity' as const, id: ids.opportunity };
  store.update(
    'lead',
    leadId,
    {
      statecode: 1,
      statuscode: 3,
      parentaccountid: account,
      parentcontactid: contact,
      qualifyingopportunityid: opportunity,
    },
    at,
  );
}
