import type { APIRoute } from 'astro';
import { createAuditExport } from '#lib/views/exports/audit.ts';
import { requireAccess } from '../../../../middleware/guard.ts';

/** Exports all events that the page shows with the same query. */
export const GET: APIRoute = async (context) => {
  const access = await requireAccess(context, 'admin');
  if (access instanceof Response) return access;
  context.locals.takeLong?.();
  return createAuditExport(access, context.url.searchParams, context.locals.drained);
};
