import { getLeadsView } from '#lib/views/leads.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { getHotListView, parseHotListFilter } from '#lib/views/hot-list.ts';
import { getOverviewView } from '#lib/views/overview.ts';
import { parsePipelineFilter, getPipelineView } from '#lib/views/pipeline.ts';
import type { Period } from '#lib/platform/period.ts';
import { workspaceHref } from '../shell/nav.ts';

/** The pages that can be published as a report. */
export const reportPages = [
  { key: 'dashboard', label: 'Dashboard' },
  { key: 'leads', label: 'Leads' },
  { key: 'pipeline', label: 'Pipeline' },
  { key: 'hot-list', label: 'Hot List' },
] as const;

export type ReportPage = (typeof reportPages)[number]['key'];

type Access = Parameters<typeof getOverviewView>[0] & { tenant: { slug: string } };

/** The page that an address asks for, else the dashboard. */
export function parseReportPage(params: URLSearchParams): ReportPage {
  return reportPages.find(({ key }) => key === params.get('page'))?.key ?? 'dashboard';
}

/**
 * The page's view, unfiltered: a report shows what everyone sees who opens the page for that
 * period.
 */
export async function readReport(access: Access, page: ReportPage, period: Period) {
  const none = new URLSearchParams();
  switch (page) {
    case 'dashboard':
      return { page, view: await getOverviewView(access, period) };
    case 'leads':
      return { page, view: await getLeadsView(access, period, parseLeadFilter(none)) };
    case 'pipeline':
      return { page, view: await getPipelineView(access, period, parsePipelineFilter(none)) };
    case 'hot-list':
      return { page, view: await getHotListView(access, parseHotListFilter(none)) };
  }
}

export type ReportContent = Awaited<ReturnType<typeof readReport>>;

/** The live page behind a report, with fixed dates: "last 30 days" would be other days tomorrow. */
export function buildLiveUrl(
  slug: string,
  page: ReportPage,
  { from, to }: Period,
  origin: URL,
): URL {
  const url = new URL(workspaceHref(slug, page), origin);
  if (from !== null && to !== null)
    for (const [name, value] of Object.entries({ period: 'custom', from, to }))
      url.searchParams.set(name, value);
  return url;
}

/**
 * A drawn page as it is kept: without scripts, which would be missing or different when it is read
 * years later.
 */
export function stripScripts(html: string): string {
  return html.replaceAll(/<script\b[^>]*>[\s\S]*?<\/script>/g, '');
}
