import { countTry } from '../metrics/http.ts';
import { tracedBefore } from '../tracing.ts';
import type { RequestEvent } from './client.ts';

/**
 * For `onRequest` of a client: counts each try for `provider`, and leaves a span of it in the trace
 * that is under way.
 */
export function observeTries(provider: string): (event: RequestEvent) => void {
  return ({ method, host, attempt, status, failure, ms }) => {
    countTry(provider, failure, ms);
    tracedBefore(
      `${method} ${provider}`,
      { provider, method, host, attempt, status, kind: failure },
      ms,
      failure !== undefined,
    );
  };
}
