import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { parseKey, findRow } from './address.ts';
import { badPayload, CODES, notFound } from './errors.ts';
import type { Org } from './org.ts';
import { parsePreferences } from './prefer.ts';
import { qualify, type QualificationIds } from './qualification.ts';
import { wireRow } from './wire.ts';

/** QualifyLead. A second call fails: the lead is closed then. */
export function qualifyLead(org: Org, request: SandboxRequest): Reply {
  const table = org.store.schema.lead;
  const key = parseKey(table, request.params.key ?? '');
  const lead = findRow(org.store, table, key);
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
  const ids: QualificationIds = {
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
              parsePreferences(request.headers),
            ),
          },
        ];
  });
  return json({
    '@odata.context': `${org.root}/api/data/v9.2/$metadata#Collection(mscrm.crmbaseentity)`,
    value,
  });
}
