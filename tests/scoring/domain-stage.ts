/*
 * Two workspaces for each test, and what their domains and leads look like.
 */
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeEach } from 'vitest';
import { rescoreDomains } from '#lib/scoring/apply.ts';
import type { Evidence } from '#lib/posture/types.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { companyDomains } from '#lib/schema/company-domains.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { evidence } from './evidence.ts';
import { createStage, type Stage } from './stage.ts';

export const db = useDatabase();
export let stage: Stage;
export let other: Stage;
let number = 0;

beforeEach(async () => {
  number += 1;
  stage = await createStage(`stage-${number}`);
  other = await createStage(`other-${number}`);
});
afterAll(closeQueue);
export const leadRows = () =>
  db.query<{
    id: string;
    score: number | null;
    sort: string;
    segment: string | null;
    type: string | null;
    provider: string | null;
  }>(
    `select external_id as id, score, sort_score as sort, segment, referral_type as type,
       mail_provider as provider
     from leads
     where tenant_id = $1
     order by 1`,
    [stage.tenant.id],
  );

/** As if a scan of the domain had found this. */
export const found = (domain: string, of: Evidence = evidence({ domain })) =>
  withTenant(stage.tenant.id, async (tx) => {
    await tx
      .update(companyDomains)
      .set({ evidence: of, scannedAt: new Date(of.scannedAt) })
      .where(and(eq(companyDomains.tenantId, stage.tenant.id), eq(companyDomains.domain, domain)));
    await rescoreDomains(tx, stage.tenant.id, [domain]);
  });
