import type { APIRoute } from 'astro';
import { exportWorkspace } from '#lib/privacy/export/archive.ts';
import { spool } from '#lib/privacy/export/spool.ts';
import { requireAccess } from '../../../../middleware/guard.ts';

/** Everything that the workspace holds, as one archive; with `?raw=1` the responses as received. */
export const GET: APIRoute = async (context) => {
  const access = await requireAccess(context, 'admin');
  if (access instanceof Response) return access;
  context.locals.takeLong?.();
  const { tenant } = access;
  const rawBodies = context.url.searchParams.get('raw') === '1';
  const archive = await spool(
    (output) => exportWorkspace(tenant, { rawBodies }, output),
    context.locals.drained ?? (() => Promise.resolve()),
  );
  return new Response(archive, {
    headers: {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${tenant.slug}.zip"`,
    },
  });
};
