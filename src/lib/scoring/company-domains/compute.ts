import type { Change, EntityRows } from '../../entities/definition.ts';

/** The entities whose rows have a domain. */
export type DomainEntity = 'lead' | 'referral' | 'company' | 'contact';

/** What a batch of changes affects. */
export interface AffectedDomains {
  /** Domains whose facts may have changed, sorted, each once. */
  domains: string[];
  /** Leads whose domain has changed. */
  leadIds: string[];
}

/** The values of a row from which the facts of its domain follow. */
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

/** Finds what changes affect; a change that leaves the facts alone affects nothing. Pure. */
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
    if (name === 'lead' && after !== null && needsScore(before, after)) leadIds.push(after.id);
  }
  return { domains: [...domains].toSorted(), leadIds };
}

type DomainRow = EntityRows[DomainEntity];

const needsScore = (before: DomainRow | null, after: DomainRow): boolean =>
  before === null ? mayHaveScore(after) : before.domain !== after.domain;

function isSame(a: readonly unknown[] | null, b: readonly unknown[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * False only for a new lead without a domain. One that came back after its deletion may still have
 * the score of a domain that it no longer has.
 */
function mayHaveScore({ domain, firstSeenAt, changedAt }: EntityRows[DomainEntity]): boolean {
  return domain !== null || firstSeenAt.getTime() !== changedAt.getTime();
}
