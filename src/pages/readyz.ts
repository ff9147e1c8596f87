import type { APIRoute } from 'astro';
import { checkReadiness } from '#lib/platform/db/readiness.ts';

/**
 * Readiness: the database responds and has every migration. Otherwise 503, with a reason in plain
 * words.
 */
export const GET: APIRoute = async () => {
  const readiness = await checkReadiness();
  return Response.json(readiness, { status: readiness.ready ? 200 : 503 });
};
