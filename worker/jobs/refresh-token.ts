import { refreshTokens } from '#lib/connections/oauth/token-refresh.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/**
 * Refreshes the tokens of a connection before they expire. A revoked grant or a deleted connection
 * cancels the job; an endpoint that is unavailable is called again later.
 */
export async function refreshTokenJob(
  payload: JobPayload<'refresh-token'>,
): Promise<JobOutcome<'refresh-token'>> {
  try {
    const refresh = await refreshTokens(payload.tenantId, payload.connectionId);
    if (refresh.kind === 'later') return { kind: 'again', at: refresh.at, payload };
    return refresh.kind === 'dead' ? { kind: 'cancelled', reason: refresh.reason } : { kind: 'ok' };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
