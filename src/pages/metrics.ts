import type { APIRoute } from 'astro';
import { registerDatabaseGauges } from '#lib/ops/health/gauges.ts';
import { handleMetricsRequest } from '#lib/platform/metrics/endpoint.ts';
import { recordLoad } from '#lib/platform/metrics/load.ts';

/**
 * Prometheus metrics for clients with METRICS_TOKEN; without that setting the address does not
 * exist.
 */
export const GET: APIRoute = async ({ request, locals }) => {
  registerDatabaseGauges();
  if (locals.load !== undefined) recordLoad(locals.load());
  const { status, headers, body } = await handleMetricsRequest(
    request.headers.get('authorization'),
  );
  return new Response(body, { status, headers });
};
