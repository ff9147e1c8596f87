import type { APIRoute } from 'astro';
import { registerDatabaseGauges } from '#lib/ops/health/gauges.ts';
import { handleMetricsRequest } from '#lib/platform/metrics/endpoint.ts';

/**
 * Figures for Prometheus, for those who have the token of METRICS_TOKEN; without one there is no
 * such address.
 */
export const GET: APIRoute = async ({ request }) => {
  registerDatabaseGauges();
  const { status, headers, body } = await handleMetricsRequest(
    request.headers.get('authorization'),
  );
  return new Response(body, { status, headers });
};
