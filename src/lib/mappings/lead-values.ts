import { and, desc, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm';
import { whereOwnAndLive, selectLeadById, leadColumns } from '../entities/lead/lookup.ts';
import { leads } from '../schema/leads.ts';
import { referrals } from '../schema/referrals.ts';
import type { Tx } from '../platform/db/pool.ts';
import { keysWith, keysWithout } from '../records/fields.ts';
import { leadFields } from '../records/lead.ts';
import type { Evidence } from '../posture/types.ts';
import { companyDomains } from '../schema/company-domains.ts';
import type { SourceRow } from './derived-values.ts';
import { readSourceValues } from './lead-fields.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/** All columns but the score's breakdown: it is large, and no mapping sends it. */
const { breakdown: _breakdown, ...companyColumns } = getTableColumns(companyDomains);

/** The values of our fields for one lead. */
export interface LeadValues {
  /** By key of `pushSources`. */
  values: Record<string, FieldValue>;
  /** When the lead changed according to its source; without that, when it changed here. */
  changedAt: Date;
  /** `sourceDigest` of the rows that the values come from. */
  seen: string;
}

/**
 * Reads the values of our fields for the given leads, by lead id, in two queries however many leads
 * there are. Deleted leads and leads that are mirrors of others are left out.
 */
export async function readLeadValues(
  tx: Tx,
  tenantId: string,
  leadIds: readonly string[],
): Promise<Map<string, LeadValues>> {
  if (leadIds.length === 0) return new Map();
  const rows = await tx
    .select({ lead: leadColumns, company: companyColumns, seen: sourceDigest })
    .from(sql`unnest(${sql.param([...leadIds])}::uuid[]) as wanted (id)`)
    .innerJoinLateral(selectLeadById(tx, tenantId, sql`wanted.id`), sql`true`)
    .leftJoin(
      companyDomains,
      and(eq(companyDomains.tenantId, tenantId), eq(companyDomains.domain, leads.domain)),
    )
    .where(whereOwnAndLive);
  const referralIds = await selectNewestReferrals(
    tx,
    tenantId,
    rows.flatMap(({ lead }) => lead.domain ?? []),
  );
  return new Map(
    rows.map(({ lead, company, seen }) => {
      const row: SourceRow = {
        lead,
        company,
        evidence: (company?.evidence ?? null) as Evidence | null,
        referralId: referralIds.get(lead.domain ?? '') ?? null,
      };
      return [
        lead.id,
        { values: readSourceValues(row), changedAt: lead.sourceUpdatedAt ?? lead.changedAt, seen },
      ];
    }),
  );
}

/**
 * The fields of a lead that change without its source: through an override by a person or a CRM, or
 * because we computed them. The push state is not among them, because every push changes it.
 */
const changeable = [
  ...keysWith(leadFields, 'overridable'),
  ...keysWithout(leadFields, 'record').filter((key) => key !== 'pushState'),
];
const companyFacts = [
  companyDomains.name,
  companyDomains.azureTenantId,
  companyDomains.employees,
  companyDomains.scannedAt,
  companyDomains.scoredAt,
];

/**
 * SQL for the MD5 digest of everything that a lead's values come from; the query around it joins
 * `leads` with `company_domains`. A push stores the digest, so that one statement finds the pushed
 * leads that may have something new to send.
 */
export const sourceDigest = sql<string>`md5(concat_ws('|', ${sql.join(
  [leads.contentHash, ...changeable.map((key) => leads[key]), ...companyFacts],
  sql`, `,
)}))`;

/** The external id of one referral per domain: the strongest kind first, then the newest. */
async function selectNewestReferrals(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
): Promise<Map<string, string>> {
  if (domains.length === 0) return new Map();
  const kinds = sql`array['co-sell', 'marketplace', 'solution-provider']`;
  const strength = sql`array_position(${kinds}, ${referrals.referralType})`;
  const rows = await tx
    .selectDistinctOn([referrals.domain], {
      domain: referrals.domain,
      externalId: referrals.externalId,
    })
    .from(referrals)
    .where(
      and(
        eq(referrals.tenantId, tenantId),
        inArray(referrals.domain, [...new Set(domains)]),
        isNull(referrals.deletedAt),
      ),
    )
    .orderBy(referrals.domain, strength, desc(referrals.sourceUpdatedAt), referrals.externalId);
  return new Map(rows.map(({ domain, externalId }) => [domain ?? '', externalId]));
}
