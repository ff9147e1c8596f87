import type { Evidence } from '../posture/types.ts';
import { computeBoosts, type ReferralType } from './boosts.ts';
import { resolveMailProvider } from './mail-provider.ts';
import { computeRisks } from './risks.ts';
import { computePriority, classifySegment } from './segment.ts';
import { computeReadiness } from './signals.ts';
import { estimateTenantSize } from './tenant-size.ts';
import type { Breakdown, BreakdownItem } from './types.ts';
import type { Model } from './weights.ts';

/** What the sources tell about a company. */
export interface Facts {
  azureTenantId: string | null;
  /** Type of the strongest of its live referrals. */
  referralType: ReferralType | null;
  /** Least number of people it employs. */
  employees: number | null;
}

/**
 * Computes the score of a company, from 0 to 100, with its breakdown. Without evidence it follows
 * from the facts alone. Pure: equal evidence, facts and weights give equal scores.
 */
export function computeScore(
  evidence: Evidence | null,
  facts: Facts,
  { version, weights }: Model,
  now: Date,
): Breakdown {
  const readiness = computeReadiness(evidence, weights);
  const boosts = computeBoosts(facts.referralType, weights);
  const risks = computeRisks(evidence, weights);
  const score = clampScore(Math.round(readiness.share + sumPoints(boosts) + sumPoints(risks)));
  const mail = resolveMailProvider(evidence, facts.azureTenantId);
  const basis = { score, known: readiness.known };
  const { segment, reason: segmentReason } = classifySegment(evidence, mail, basis, weights);
  const size = estimateTenantSize(evidence, facts.employees, weights);
  return {
    model: version,
    scoredAt: now.toISOString(),
    score,
    segment,
    segmentReason,
    priority: computePriority(segment, score, weights),
    tenantSize: size.size,
    tenantSizeReason: size.reason,
    mailProvider: mail.provider,
    mailProviderReason: mail.reason,
    signals: [...readiness.items, ...boosts],
    risks,
  };
}

const sumPoints = (items: readonly BreakdownItem[]): number =>
  items.reduce((total, { points }) => total + points, 0);
const clampScore = (score: number): number => Math.min(100, Math.max(0, score));
