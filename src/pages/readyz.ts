import type { APIRoute } from 'astro';
import { checkReadiness } from '#lib/platform/db/readiness.ts';

/**
 * Ready for requests: the database answers and has every migration. Else 503, and why in plain
 * words.
 */
export const GET: APIRoute = async () => {
  const readiness = await checkReadiness();
  return Response.json(readiness, { status: readiness.ready ? 200 : 503 });
};
