import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { recordAudit } from './audit/record.ts';
import { tenantFeatures } from '../schema/tenants.ts';
import { listTenants } from './tenancy/tenants.ts';
import { defineTenantQuery, defineTenantsQuery, withTenant } from './tenancy/with-tenant.ts';

/**
 * What a workspace can switch on.
 * - lead-engine  scans the mail domains of companies and scores leads by what it finds
 * - crm-push     writes leads into a connected CRM
 */
export const features = ['lead-engine', 'crm-push'] as const;
export type Feature = (typeof features)[number];

const selectOfTenant = (tenant: SQL) =>
  sql`select feature from ${tenantFeatures} where tenant_id = ${tenant}`;
const readFeatures = defineTenantQuery<{ feature: string }>(selectOfTenant);
const readFeaturesOfAll = defineTenantsQuery<{ feature: string }>(selectOfTenant);

/** The features that are switched on. */
export async function enabledFeatures(tenantId: string): Promise<Set<Feature>> {
  return toFeatures(await readFeatures(tenantId));
}

/** The ids of the tenants that have switched a feature on, by name. */
export async function listTenantsWith(feature: Feature): Promise<string[]> {
  const ids = (await listTenants()).map(({ id }) => id);
  const found = await readFeaturesOfAll(ids);
  return ids.filter((id) => toFeatures(found.get(id) ?? []).has(feature));
}

/** Like `enabledFeatures`, in a transaction of the caller. */
export async function selectFeatures(tx: Tx, tenantId: string): Promise<Set<Feature>> {
  const rows = await tx
    .select({ feature: tenantFeatures.feature })
    .from(tenantFeatures)
    .where(eq(tenantFeatures.tenantId, tenantId));
  return toFeatures(rows);
}

const toFeatures = (rows: { feature: string }[]): Set<Feature> =>
  new Set(rows.map(({ feature }) => feature as Feature));

/** Switches a feature on or off. Switching on again keeps the original time and person. */
export async function setFeature(
  tenantId: string,
  feature: Feature,
  enabled: boolean,
  by: string | null,
): Promise<void> {
  await withTenant(tenantId, async (tx) => {
    const changed = enabled
      ? await tx
          .insert(tenantFeatures)
          .values({ tenantId, feature, enabledBy: by })
          .onConflictDoNothing()
          .returning()
      : await tx
          .delete(tenantFeatures)
          .where(and(eq(tenantFeatures.tenantId, tenantId), eq(tenantFeatures.feature, feature)))
          .returning();
    if (changed.length === 0) return;
    await recordAudit(tx, {
      tenantId,
      action: 'feature.switched',
      target: { type: 'feature', id: feature },
      before: { on: !enabled },
      after: { on: enabled },
    });
  });
}
