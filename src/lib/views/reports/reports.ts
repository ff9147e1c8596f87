import { and, desc, eq } from 'drizzle-orm';
import type { Access } from '../../identity/auth/access.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { isId } from '../../platform/id.ts';
import { Problem } from '../../platform/errors.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { reports } from '../../schema/reports.ts';

export type Report = typeof reports.$inferSelect;

/** The most reports that the list shows; older ones stay available at their addresses. */
const maxListed = 500;

/** Lists published reports without their content, newest first. */
export function listReports({ tenant }: Pick<Access, 'tenant'>) {
  return readTenant(tenant.id, (tx) =>
    tx
      .select({
        id: reports.id,
        title: reports.title,
        page: reports.page,
        period: reports.period,
        publishedAt: reports.publishedAt,
        publishedBy: reports.publisherName,
        dataAsOf: reports.dataAsOf,
      })
      .from(reports)
      .where(eq(reports.tenantId, tenant.id))
      .orderBy(desc(reports.publishedAt), desc(reports.id))
      .limit(maxListed),
  );
}

/**
 * Reads a report with its content. Throws Problem `not_found`, also for a report of another tenant.
 */
export async function getReport({ tenant }: Pick<Access, 'tenant'>, id: string): Promise<Report> {
  const [report] = isId(id)
    ? await readTenant(tenant.id, (tx) =>
        tx
          .select()
          .from(reports)
          .where(and(eq(reports.tenantId, tenant.id), eq(reports.id, id))),
      )
    : [];
  if (report === undefined) throw new Problem('not_found', 'This report does not exist.');
  return report;
}

export type NewReport = Pick<Report, 'title' | 'page' | 'period' | 'html' | 'dataAsOf'>;

const maxTitleLength = 120;

/**
 * Publishes a page as it is now to everyone in the workspace; only staff may. Returns the id of the
 * report.
 */
export async function publishReport(
  { tenant, user, role }: Access,
  report: NewReport,
): Promise<string> {
  if (role !== 'staff') throw new Problem('forbidden', 'Only staff can publish reports.');
  const title = report.title.trim();
  if (title === '' || title.length > maxTitleLength)
    throw new Problem(
      'bad_request',
      `A report needs a title of 1 to ${maxTitleLength} characters.`,
    );
  const row = {
    ...report,
    title,
    tenantId: tenant.id,
    publishedBy: user.id,
    publisherName: user.name,
  };
  return withTenant(tenant.id, async (tx) => {
    const [published] = await tx.insert(reports).values(row).returning({ id: reports.id });
    if (published === undefined) throw new Error('A published report has an id');
    await recordAudit(tx, {
      tenantId: tenant.id,
      action: 'report.published',
      target: { type: 'report', id: published.id, label: title },
      after: { page: report.page, period: report.period },
    });
    return published.id;
  });
}
