import type { APIRoute } from 'astro';
import { watchDatabase } from '#lib/ops/health/gauges.ts';
import { answerMetrics } from '#lib/platform/metrics/endpoint.ts';

/**
 * Figures for Prometheus, for those who have the token of METRICS_TOKEN; without one there is no
 * such address.
 */
export const GET: APIRoute = async ({ request }) => {
  watchDatabase();
  const { status, headers, body } = await answerMetrics(request.headers.get('authorization'));
  return new Response(body, { status, headers });
};
