import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid } from './errors.ts';
import { readArchived, readLimit } from './list.ts';
import { DEAL_STAGES, LEAD_STAGES, type StageSpec } from './pipelines.ts';
import { toTime } from './store.ts';
import {
  CUSTOM_TYPES,
  getType,
  type ObjectSpec,
  type PropertySpec,
  type TypeName,
} from './types.ts';

/** GET of the account itself. */
export function details({ spec: { portalId } }: HubSpotAccount): Reply {
  return json({
    portalId,
    accountType: 'STANDARD',
    timeZone: 'US/Eastern',
    companyCurrency: 'USD',
    additionalCurrencies: [],
    utcOffset: '-05:00',
    utcOffsetMilliseconds: -18_000_000,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'na1',
  });
}

const OWNERS_KNOWN = new Set(['limit', 'after', 'email', 'archived']);

/** GET of the owners, active or deactivated, in the order of their ids. */
export function owners(account: HubSpotAccount, { query }: SandboxRequest): Reply {
  account.need('crm.objects.owners.read');
  for (const name of query.keys())
    if (!OWNERS_KNOWN.has(name)) throw invalid(`Unknown query parameter ${name}`, name);
  const limit = readLimit(query.get('limit'), 500, 100);
  const archived = readArchived(query.get('archived'));
  const all = account.life.owners.filter((owner) => owner.archived === archived);
  const start = Number(query.get('after') ?? 0);
  const page = all.slice(start, start + limit);
  const at = toTime(account.spec.countedOn);
  const results = page.map(({ id, ...owner }) => ({
    id,
    type: 'PERSON',
    ...owner,
    userId: Number(id) + 7,
    createdAt: at,
    updatedAt: at,
  }));
  const end = start + page.length;
  return json({
    results,
    ...(end < all.length && { paging: { next: { after: String(end) } } }),
  });
}

/** GET of the pipelines of deals or leads. */
export function pipelines(account: HubSpotAccount, { params }: SandboxRequest): Reply {
  const { type } = account.readable(params.type ?? '');
  return json({ results: listPipelines(account, type) });
}

export function listPipelines(account: HubSpotAccount, type: TypeName) {
  if (type === 'leads') return [pipeline('lead-pipeline-id', 'Lead pipeline', 0, LEAD_STAGES)];
  if (type !== 'deals') return [];
  const first = pipeline('default', 'Sales Pipeline', 0, DEAL_STAGES);
  const second = pipeline(
    'renewals',
    'Renewals',
    1,
    DEAL_STAGES.map((stage) => ({ ...stage, id: `renewals-${stage.id}` })),
  );
  return account.spec.hasSecondPipeline ? [second, first] : [first];
}

function pipeline(id: string, label: string, displayOrder: number, stages: readonly StageSpec[]) {
  const times = { createdAt: toTime(0), updatedAt: toTime(0), archived: false };
  const all = stages.map((stage, place) => ({ ...stage, displayOrder: place, ...times }));
  return { id, label, displayOrder, ...times, stages: all.toReversed() };
}

/** Properties that nobody but HubSpot fills. */
const SYSTEM = new Set([
  'hs_object_id',
  'hs_merged_object_ids',
  'hs_analytics_source',
  'createdate',
  'lastmodifieddate',
  'hs_createdate',
  'hs_lastmodifieddate',
  'hs_lifecyclestage_lead_date',
]);

export const isReadOnly = ({ name, isReadOnly: isDerived }: PropertySpec): boolean =>
  isDerived === true || SYSTEM.has(name);

/** GET of the properties of a type. */
export function properties(account: HubSpotAccount, { params }: SandboxRequest): Reply {
  return json({ results: wireProperties(account, account.readable(params.type ?? '')) });
}

/** GET of the types that the account has defined. */
export function schemas(account: HubSpotAccount, { query }: SandboxRequest): Reply {
  account.need('crm.schemas.custom.read');
  for (const name of query.keys())
    if (name !== 'archived') throw invalid(`Unknown query parameter ${name}`, name);
  const at = toTime(account.spec.countedOn);
  const types = readArchived(query.get('archived'))
    ? []
    : CUSTOM_TYPES.filter((type) => account.has(type)).map(getType);
  const results = types.map((spec) => ({
    id: spec.typeId.slice('2-'.length),
    fullyQualifiedName: spec.type,
    name: spec.singular,
    labels: { singular: 'Franchise site', plural: 'Franchise sites' },
    primaryDisplayProperty: 'site_name',
    requiredProperties: ['site_name'],
    searchableProperties: ['site_name'],
    properties: wireProperties(account, spec),
    associations: [],
    createdAt: at,
    updatedAt: at,
    ...(account.spec.sparse !== true && {
      objectTypeId: spec.typeId,
      metaType: 'PORTAL_SPECIFIC',
      archived: false,
    }),
  }));
  return json({ results });
}

function wireProperties(account: HubSpotAccount, spec: ObjectSpec): object[] {
  return account.properties(spec).map((property) => {
    const { name, label = name, kind, options = [], isCustom, isUnique } = property;
    return {
      name,
      label,
      type: {
        text: 'string',
        number: 'number',
        time: 'datetime',
        choice: 'enumeration',
        flag: 'bool',
      }[kind],
      fieldType: kind === 'choice' ? 'select' : 'text',
      groupName: 'information',
      description: '',
      ...(isCustom !== true && { hubspotDefined: true }),
      archived: false,
      hasUniqueValue: isUnique === true,
      calculated: false,
      modificationMetadata: {
        archivable: isCustom === true,
        readOnlyDefinition: isCustom !== true,
        readOnlyValue: isReadOnly(property),
      },
      options: options.map((option, displayOrder) => ({ ...option, displayOrder, hidden: false })),
    };
  });
}
