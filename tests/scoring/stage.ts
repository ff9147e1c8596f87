import { eq } from 'drizzle-orm';
import type { EntityName, EntityRecords } from '#lib/records/registry.ts';
import { getEntityDefinition } from '#lib/entities/registry.ts';
import { planUpsert, writeRewrites } from '#lib/entities/upsert.ts';
import { type Incoming, type Origin } from '#lib/entities/incoming.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { JsonText } from '#lib/platform/db/bulk.ts';
import type { Tx } from '#lib/platform/db/pool.ts';
import { newId } from '#lib/platform/id.ts';
import { applyDeletion } from '#lib/ingest/apply.ts';
import { computeDerived } from '#lib/ingest/derived.ts';
import { companyDomains } from '#lib/schema/company-domains.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';

export interface Stage {
  tenant: Tenant;
  connectionId: string;
}

/** A workspace with a connection that nobody syncs: the tests bring its records. */
export async function createStage(slug: string): Promise<Stage> {
  const tenant = await createTenant({ slug, name: slug });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: 'k', accessToken: 't' },
  });
  return { tenant, connectionId: connection.id };
}

type Given<Name extends EntityName> = Partial<EntityRecords[Name]> & { externalId: string };

const blank: {
  [Name in 'lead' | 'referral' | 'company' | 'contact']: Omit<EntityRecords[Name], 'externalId'>;
} = {
  lead: {
    sourceCreatedAt: null,
    sourceUpdatedAt: null,
    name: 'A lead',
    company: null,
    email: null,
    website: null,
    phone: null,
    city: null,
    state: null,
    source: null,
    status: 'New',
    qualified: false,
    dealValue: null,
    assignedTo: null,
    summary: null,
  },
  referral: {
    sourceCreatedAt: null,
    sourceUpdatedAt: null,
    engagementId: null,
    referralType: 'marketplace',
    name: 'A referral',
    companyName: null,
    domain: null,
    domainReason: null,
    azureTenantId: null,
    employees: null,
    status: 'New',
    substatus: null,
    direction: null,
    dealValue: null,
    currency: null,
  },
  company: {
    sourceCreatedAt: null,
    sourceUpdatedAt: null,
    name: 'A company',
    website: null,
    email: null,
    phone: null,
    industry: null,
    employees: null,
    revenue: null,
    city: null,
    country: null,
  },
  contact: {
    sourceCreatedAt: null,
    sourceUpdatedAt: null,
    name: 'A person',
    email: null,
    phone: null,
    jobTitle: null,
    companyId: null,
  },
};

const originOf = ({ tenant, connectionId }: Stage, entity: EntityName): Origin => ({
  tenantId: tenant.id,
  connectionId,
  provider: 'clienttether',
  stream: entity,
  snapshotId: newId(),
  timeZone: 'UTC',
  receivedAt: new Date(),
});

/**
 * Stores records as a page of a sync does, in one transaction. `watch` may look at the transaction
 * that brings the rollups up to date.
 */
export function store<Name extends keyof typeof blank>(
  stage: Stage,
  entity: Name,
  records: Given<Name>[],
  watch: (tx: Tx) => Tx = (tx) => tx,
): Promise<void> {
  return withTenant(stage.tenant.id, async (tx) => {
    const incoming = records.map((given): Incoming => {
      const record = { ...blank[entity], ...given } as EntityRecords[Name];
      return { record, raw: new JsonText(JSON.stringify(record)), hash: JSON.stringify(record) };
    });
    const origin = originOf(stage, entity);
    const rewrites = await planUpsert(tx, entity, [{ origin, incoming }]);
    await writeRewrites(tx, entity, stage.tenant.id, rewrites);
    await computeDerived(entity, stage.tenant.id, rewrites.changes)(watch(tx));
  });
}

/** Deletes records as a pass does that does not find them any more. */
export function remove(
  stage: Stage,
  entity: keyof typeof blank,
  externalId: string,
): Promise<void> {
  return withTenant(stage.tenant.id, async (tx) => {
    const { table } = getEntityDefinition(entity);
    const column = Reflect.get(table, 'externalId') as typeof companyDomains.domain;
    await applyDeletion(tx, originOf(stage, entity), entity, eq(column, externalId), new Date());
  });
}
