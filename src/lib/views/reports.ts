import type { Access } from '../identity/auth/access.ts';
import { listReports } from './reports/reports.ts';
import type { ReportRow } from './types.ts';

/** Lists the published reports of the workspace, newest first. */
export function getReportsView(access: Pick<Access, 'tenant'>): Promise<ReportRow[]> {
  return listReports(access);
}
