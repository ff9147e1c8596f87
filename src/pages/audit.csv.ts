import type { APIRoute } from 'astro';
import { createInstallationAuditExport } from '#lib/views/exports/audit.ts';
import { requireStaff } from '../middleware/guard.ts';

/** Exports all events that the page shows with the same query. */
export const GET: APIRoute = async (context) => {
  const signedIn = await requireStaff(context);
  if (signedIn instanceof Response) return signedIn;
  context.locals.takeLong?.();
  return createInstallationAuditExport(context.url.searchParams, context.locals.drained);
};
