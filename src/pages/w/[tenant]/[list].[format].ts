import type { APIRoute } from 'astro';
import { exportLists } from '#lib/views/exports/lists.ts';
import { exportFormats, createExportResponse } from '#lib/views/exports/respond.ts';
import { Problem } from '#lib/platform/errors.ts';
import { cleanAddress } from '../../../components/ui/url.ts';
import { requireAccess } from '../../../middleware/guard.ts';

/** Exports all rows of a page's list, with the query of the page. */
export const GET: APIRoute = async (context) => {
  const access = await requireAccess(context, 'viewer');
  if (access instanceof Response) return access;
  const list = exportLists.get(context.params['list'] ?? '');
  const format = exportFormats.find((one) => one === context.params['format']);
  if (list === undefined || format === undefined)
    throw new Problem('not_found', 'There is nothing at this address.');
  const clean = cleanAddress(context.url);
  if (clean) return context.redirect(clean);
  context.locals.takeLong?.();
  const request = { tenant: access.tenant, params: context.url.searchParams, now: new Date() };
  return createExportResponse(
    list,
    format,
    request,
    context.locals.drained ?? (() => Promise.resolve()),
  );
};
