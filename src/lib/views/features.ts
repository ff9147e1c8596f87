import { eq } from 'drizzle-orm';
import { users } from '../schema/identity.ts';
import { features, type Feature } from '../identity/features.ts';
import { tenantFeatures } from '../schema/tenants.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

/** A feature of a workspace, with who turned it on and when. */
export interface FeatureView {
  feature: Feature;
  title: string;
  text: string;
  /** Null when it is off. */
  enabledAt: Date | null;
  /** The name of the user who turned it on; null for an operator or a deleted account. */
  enabledBy: string | null;
}

const featureTexts: Record<Feature, { title: string; text: string }> = {
  'lead-engine': {
    title: 'Lead engine',
    text:
      'Looks up the public DNS records of the companies behind leads and referrals, and scores ' +
      'how ready their mail is. No e-mail is sent, and the companies are not contacted.',
  },
  'crm-push': {
    title: 'CRM push',
    text:
      'Lets members push leads into a connected CRM such as Dynamics 365, one by one or in bulk. ' +
      'The outcome of each push is kept.',
  },
};

/** Lists all features, on or off, in a fixed order. */
export async function listFeatureViews(tenantId: string): Promise<FeatureView[]> {
  const { feature: name, enabledAt } = tenantFeatures;
  const rows = await readTenant(tenantId, (tx) =>
    tx
      .select({ feature: name, enabledAt, enabledBy: users.name })
      .from(tenantFeatures)
      .leftJoin(users, eq(users.id, tenantFeatures.enabledBy))
      .where(eq(tenantFeatures.tenantId, tenantId)),
  );
  return features.map((feature) => {
    const enabled = rows.find((row) => row.feature === feature);
    return {
      feature,
      ...featureTexts[feature],
      enabledAt: enabled?.enabledAt ?? null,
      enabledBy: enabled?.enabledBy ?? null,
    };
  });
}
