import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence } from '../posture/types.ts';
import type { TenantSize } from './types.ts';
import type { Weights } from './weights.ts';

export interface TenantSizeEstimate {
  size: TenantSize | null;
  reason: string;
}

/** How large a company is: by its headcount, else by what its mail shows. */
export function estimateTenantSize(
  evidence: Evidence | null,
  employees: number | null,
  { sizes }: Weights,
): TenantSizeEstimate {
  if (employees !== null && employees > 0) {
    const size =
      employees <= sizes.small ? 'small' : employees <= sizes.medium ? 'medium' : 'large';
    return {
      size,
      reason: `It employs at least ${employees} ${employees === 1 ? 'person' : 'people'}, as its sources say.`,
    };
  }
  const gateway = evidence?.mx.gateway ?? null;
  if (gateway !== null)
    return {
      size: 'medium',
      reason: `Inferred: small companies seldom pay for a filter such as ${getProviderLabel(gateway)} in front of their mailboxes. No source says how many people it employs.`,
    };
  return { size: null, reason: 'No source says how many people it employs.' };
}
