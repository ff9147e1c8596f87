import { withConnection } from '../connections/session.ts';
import { Problem } from '../platform/errors.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { isId } from '../platform/id.ts';
import { refreshTargetMetadata } from './destination-fields.ts';
import type { TargetMetadata } from '../connectors/contract/destination.ts';

/** Somebody waits for the answer: shorter than a push would wait. */
const deadlineMs = 20_000;

/**
 * Asks the CRM for its fields now. A CRM that does not answer, or refuses, is a Problem in plain
 * words.
 */
export async function refreshFields(
  tenantId: string,
  connectionId: string,
): Promise<TargetMetadata> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  return withConnection(
    { tenantId, connectionId },
    { deadlineMs, retry: { retries: 1 } },
    async ({ provider, settings, http }) => {
      if (provider.push === undefined)
        throw new Problem('not_found', `No leads can be pushed to ${provider.label}.`);
      try {
        return await refreshTargetMetadata({ tenantId, connectionId }, provider.push, {
          http,
          settings,
        });
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        throw new Problem(
          'conflict',
          `${provider.label} did not tell its fields: ${error.message} What was read before is shown.`,
        );
      }
    },
  );
}
