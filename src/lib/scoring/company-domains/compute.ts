import type { Change, EntityRows } from '../../entities/definition.ts';

/** The entities whose rows name a domain. */
export type DomainEntity = 'lead' | 'referral' | 'company' | 'contact';

/** What changes mean for the domains that they name. */
export interface AffectedDomains {
  /** Domains of which something may be different now, in order and each once. */
  domains: string[];
  /** Leads that came to a domain or left one. */
  leadIds: string[];
}

/** What a row says of its domain. */
const readFacts: {
  [Name in DomainEntity]: (row: EntityRows[Name]) => readonly (string | number | null)[];
} = {
  lead: ({ domain, company }) => [domain, company],
  referral: ({ domain, companyName, referralType, azureTenantId, employees }) => [
    domain,
    companyName,
    referralType,
    azureTenantId,
    employees,
  ],
  company: ({ domain, name, employees }) => [domain, name, employees],
  contact: ({ domain }) => [domain],
};

/** Pure. Changes that say nothing new of a domain touch none. */
export function findAffectedDomains<Name extends DomainEntity>(
  name: Name,
  changes: readonly Change<Name>[],
): AffectedDomains {
  const domains = new Set<string>();
  const leadIds: string[] = [];
  for (const { before, after } of changes) {
    if (isSame(before && readFacts[name](before), after && readFacts[name](after))) continue;
    for (const domain of [before?.domain, after?.domain])
      if (typeof domain === 'string') domains.add(domain);
    if (
      name === 'lead' &&
      after !== null &&
      (before === null ? mayHaveScore(after) : before.domain !== after.domain)
    )
      leadIds.push(after.id);
  }
  return { domains: [...domains].toSorted(), leadIds };
}

function isSame(a: readonly unknown[] | null, b: readonly unknown[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * A lead that came back after it was deleted may have what it had before, though it names no domain
 * any more.
 */
function mayHaveScore({ domain, firstSeenAt, changedAt }: EntityRows[DomainEntity]): boolean {
  return domain !== null || firstSeenAt.getTime() !== changedAt.getTime();
}
