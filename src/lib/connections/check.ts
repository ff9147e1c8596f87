import { Problem } from '../platform/errors.ts';
import { RemoteError } from '../platform/http/errors.ts';
import type { ProviderDefinition } from '../providers/types.ts';
import { connectionClient } from './client.ts';

/** Somebody waits for the answer: shorter than a sync would wait. */
const deadlineMs = 10_000;

/** Asks the provider whether it takes these credentials. A refusal, or no answer, is a Problem in plain words. */
export async function checkCredentials(provider: ProviderDefinition, settings: unknown, secrets: Record<string, string>): Promise<void> {
  const http = connectionClient(provider, settings, { deadlineMs, retry: { retries: 0 } });
  try {
    await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    const what = error.kind === 'auth' || error.kind === 'permission' ? 'does not accept these credentials' : 'could not be asked whether it accepts these credentials';
    throw new Problem('bad_request', `${provider.label} ${what}; nothing was stored. ${error.message}`);
  } finally {
    await http.close();
  }
}
