import { countAttempt } from '../metrics/http.ts';
import { recordSpan } from '../tracing.ts';
import type { RequestEvent } from './client.ts';

/** For `onRequest` of a client: counts each attempt and records a span for it. */
export function observeAttempts(provider: string): (event: RequestEvent) => void {
  return ({ method, host, attempt, status, failure, ms }) => {
    countAttempt(provider, failure, ms);
    recordSpan(
      `${method} ${provider}`,
      { provider, method, host, attempt, status, kind: failure },
      ms,
      failure !== undefined,
    );
  };
}
