import type { Change, EntityRows } from '../../entities/definition.ts';
import { sumDeltas, undated } from '../deltas.ts';

/** The key of leads without a source. */
export const noSource = '';

export const leadDimensions = ['source', 'status', 'qualified'] as const;
export type LeadDimension = (typeof leadDimensions)[number];

export interface LeadMetricDelta {
  dimension: LeadDimension;
  day: string;
  key: string;
  count: number;
}

/** How changes of leads change the counts by day, dimension and key. */
export function computeLeadMetricDeltas(changes: readonly Change<'lead'>[]): LeadMetricDelta[] {
  const deltas = sumDeltas(changes, toContributions, (delta, _lead, sign) => {
    delta.count += sign;
  });
  return deltas.filter((delta) => delta.count !== 0);
}

function toContributions(lead: EntityRows['lead']): { place: string; zero: LeadMetricDelta }[] {
  const day = lead.createdOn ?? undated;
  return leadDimensions.map((dimension) => {
    const key = getDimensionKey(lead, dimension);
    return {
      place: JSON.stringify([dimension, day, key]),
      zero: { dimension, day, key, count: 0 },
    };
  });
}

function getDimensionKey(lead: EntityRows['lead'], dimension: LeadDimension): string {
  switch (dimension) {
    case 'source':
      return lead.source ?? noSource;
    case 'status':
      return lead.status;
    case 'qualified':
      return lead.qualified ? 'yes' : 'no';
  }
}
