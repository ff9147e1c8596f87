import { refreshTokens } from '#lib/connections/oauth/token-refresh.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/**
 * Renews the tokens of a connection ahead of their end. A dead grant and a deleted connection need
 * no retry; an endpoint that cannot answer is asked later.
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
