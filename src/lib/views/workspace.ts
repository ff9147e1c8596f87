import { toLocalDay } from '../platform/local-day.ts';
import type { Period } from '../platform/period.ts';
import type { Figure } from './types.ts';

/** The part of the access that a view needs: the tenant and its calendar. */
export interface Workspace {
  tenant: { id: string; timeZone: string };
}

/** Rows of one page of a table. */
export const pageSize = 50;

/** Today in the tenant's time zone, as an ISO date. */
export function getToday({ tenant }: Workspace, now = new Date()): string {
  return toLocalDay(tenant.timeZone, now);
}

/** A figure, with its counterpart only when a comparison was requested. */
export function toFigure(period: Pick<Period, 'compare'>, value: number, previous: number): Figure {
  return { value, previous: period.compare === 'none' ? null : previous };
}
