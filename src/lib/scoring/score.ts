import type { Evidence } from '../posture/types.ts';
import { boostsOf, type ReferralType } from './boosts.ts';
import { mailProviderOf } from './mail-provider.ts';
import { risksOf } from './risks.ts';
import { priorityOf, segmentOf } from './segment.ts';
import { readinessOf } from './signals.ts';
import { tenantSizeOf } from './tenant-size.ts';
import type { Breakdown, BreakdownItem } from './types.ts';
import type { Model } from './weights.ts';

/** What the sources say of a company. */
export interface Facts {
  azureTenantId: string | null;
  /** Of its live referrals the strongest. */
  referralType: ReferralType | null;
  /** How many people it employs, at least. */
  employees: number | null;
}

/**
 * The score of a company with everything that it rests on. Pure: the same evidence, facts and
 * weights make the same score. Without evidence only the facts speak.
 */
export function scoreOf(
  evidence: Evidence | null,
  facts: Facts,
  { version, weights }: Model,
  now: Date,
): Breakdown {
  const readiness = readinessOf(evidence, weights);
  const boosts = boostsOf(facts.referralType, weights);
  const risks = risksOf(evidence, weights);
  const score = within100(Math.round(readiness.share + sum(boosts) + sum(risks)));
  const mail = mailProviderOf(evidence, facts.azureTenantId);
  const { segment, reason: segmentReason } = segmentOf(
    evidence,
    mail,
    { score, known: readiness.known },
    weights,
  );
  const size = tenantSizeOf(evidence, facts.employees, weights);
  return {
    model: version,
    scoredAt: now.toISOString(),
    score,
    segment,
    segmentReason,
    priority: priorityOf(segment, score, weights),
    tenantSize: size.size,
    tenantSizeReason: size.reason,
    mailProvider: mail.provider,
    mailProviderReason: mail.reason,
    signals: [...readiness.items, ...boosts],
    risks,
  };
}

const sum = (items: readonly BreakdownItem[]): number =>
  items.reduce((total, { points }) => total + points, 0);
const within100 = (score: number): number => Math.min(100, Math.max(0, score));
