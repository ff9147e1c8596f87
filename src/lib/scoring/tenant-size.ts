import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence } from '../posture/types.ts';
import type { TenantSize } from './types.ts';
import type { Weights } from './weights.ts';

export interface TenantSizeEstimate {
  size: TenantSize | null;
  reason: string;
}

/** Estimates the size of a company by its headcount, or by its mail filter without one. */
export function estimateTenantSize(
  evidence: Evidence | null,
  employees: number | null,
  { sizes }: Weights,
): TenantSizeEstimate {
  if (employees !== null && employees > 0) return sizeByHeadcount(employees, sizes);
  const gateway = evidence?.mx.gateway ?? null;
  if (gateway !== null)
    return {
      size: 'medium',
      reason:
        `Inferred: small companies rarely pay for a mail filter such as ` +
        `${getProviderLabel(gateway)}. ${unknownHeadcount}`,
    };
  return { size: null, reason: unknownHeadcount };
}

const unknownHeadcount = 'No source says how many employees it has.';

function sizeByHeadcount(employees: number, { small, medium }: Weights['sizes']) {
  const noun = employees === 1 ? 'employee' : 'employees';
  const reason = `It has at least ${employees} ${noun} according to its sources.`;
  if (employees <= small) return { size: 'small', reason } as const;
  return { size: employees <= medium ? 'medium' : 'large', reason } as const;
}
