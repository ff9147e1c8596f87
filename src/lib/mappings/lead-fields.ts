import { and, desc, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm';
import { whereOwnAndLive, selectLeadById, leadColumns } from '../entities/lead/lookup.ts';
import { leads } from '../schema/leads.ts';
import { referrals } from '../schema/referrals.ts';
import type { Tx } from '../platform/db/pool.ts';
import { keysWith, keysWithout } from '../records/fields.ts';
import { leadFields } from '../records/lead.ts';
import type { Evidence } from '../posture/types.ts';
import { companyDomains } from '../schema/company-domains.ts';
import {
  sourceFields,
  readSourceValues,
  type SourceField,
  type SourceRow,
} from './lead-field-values.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/** Our fields, in the order of lists. */
export const pushSources: readonly SourceField[] = sourceFields.map(
  ({ key, label, type, choices }) => ({ key, label, type, ...(choices && { choices }) }),
);

/** Without the reasons of the score: they are large, and nothing of them is sent. */
const { breakdown: _breakdown, ...companyColumns } = getTableColumns(companyDomains);

/** What our fields say of a lead. */
export interface LeadValues {
  /** By key of `pushSources`. */
  values: Record<string, FieldValue>;
  /** When the source of the lead says that it changed, else when it did here. */
  changedAt: Date;
  /** Digest of the rows that the values come from. */
  seen: string;
}

/**
 * Reads the fields of leads, in two queries however many they are. Leads that are gone, or turned
 * out to be copies of others, are missing.
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
 * The fields of a lead that change without its source: by a person, by a CRM, or because something
 * was found out here. Not the state of the push, which every push changes.
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
 * Digest of everything that the values of a lead come from; its query joins `leads` with
 * `company_domains`. Compared with what it was at the last push it says, for all pushed leads in
 * one statement, which of them may have something to send.
 */
export const sourceDigest = sql<string>`md5(concat_ws('|', ${sql.join(
  [leads.contentHash, ...changeable.map((key) => leads[key]), ...companyFacts],
  sql`, `,
)}))`;

/** Of each domain the referral of the strongest kind, then the newest. */
async function selectNewestReferrals(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
): Promise<Map<string, string>> {
  if (domains.length === 0) return new Map();
  const strength = sql`array_position(array['co-sell', 'marketplace', 'solution-provider'], ${referrals.referralType})`;
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
