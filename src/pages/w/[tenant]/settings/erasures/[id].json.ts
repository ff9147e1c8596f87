import type { APIRoute } from 'astro';
import { requireAccess } from '../../../../../middleware/guard.ts';
import { getReceipt } from '#lib/privacy/erasure/receipts.ts';

/** The receipt of an erasure as a file. */
export const GET: APIRoute = async (context) => {
  const access = await requireAccess(context, 'admin');
  if (access instanceof Response) return access;
  const { erasure, remains } = await getReceipt(access.tenant.id, context.params['id'] ?? '');
  const receipt = { workspace: access.tenant.slug, ...erasure, remains };
  return new Response(`${JSON.stringify(receipt, null, 2)}\n`, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="erasure-${erasure.id}.json"`,
    },
  });
};
