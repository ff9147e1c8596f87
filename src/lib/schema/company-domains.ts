import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { segments, tenantSizes } from '../records/lead.ts';
import { referralTypes } from '../records/referral.ts';
import { createdAt, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/**
 * A company, identified by its registrable domain: one row for each domain of the tenant's leads,
 * referrals, contacts and companies. What the sources say about it is updated with those rows;
 * evidence and score are written by the lead engine.
 */
export const companyDomains = pgTable(
  'company_domains',
  {
    tenantId: tenantId(),
    /** Lower case, ASCII, such as example.co.uk. */
    domain: text('domain').notNull(),
    name: text('name'),
    azureTenantId: text('azure_tenant_id'),
    /**
     * The strongest type of its live referrals: co-sell, then marketplace, then solution-provider.
     */
    referralType: text('referral_type', { enum: referralTypes }),
    /** Lower bound of the number of employees. */
    employees: integer('employees'),
    firstSeenAt: createdAt(),
    /**
     * When its next scan may begin; null while none is needed. A running scan moves this time
     * forward, as a lease.
     */
    scanDueAt: instant('scan_due_at'),
    /** Consecutive scans that did not finish. */
    scanAttempts: integer('scan_attempts').notNull().default(0),
    /** What the last scan found (src/lib/posture/types.ts), and when. */
    evidence: jsonb('evidence'),
    scannedAt: instant('scanned_at'),
    score: integer('score'),
    segment: text('segment', { enum: segments }),
    priority: integer('priority'),
    mailProvider: text('mail_provider'),
    tenantSize: text('tenant_size', { enum: tenantSizes }),
    /** How the score is made up (src/lib/scoring/types.ts). */
    breakdown: jsonb('breakdown'),
    /** The version of the weights that made the score. */
    modelVersion: integer('model_version'),
    scoredAt: instant('scored_at'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.domain] }),
    index('company_domains_due')
      .on(table.tenantId, table.scanDueAt)
      .where(sql`${table.scanDueAt} is not null`),
    tenantPolicy(table.tenantId),
  ],
);
