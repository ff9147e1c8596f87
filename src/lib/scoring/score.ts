import type { Evidence } from '../posture/types.ts';
import { computeBoosts, type ReferralType } from './boosts.ts';
import { resolveMailProvider } from './mail-provider.ts';
import { computeRisks } from './risks.ts';
import { computePriority, classifySegment } from './segment.ts';
import { computeReadiness } from './signals.ts';
import { estimateTenantSize } from './tenant-size.ts';
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
  const { segment, reason: segmentReason } = classifySegment(
    evidence,
    mail,
    { score, known: readiness.known },
    weights,
  );
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
