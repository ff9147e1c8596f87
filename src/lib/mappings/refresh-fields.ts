import { unknownConnectionProblem } from '../connections/connections.ts';
import { withConnection } from '../connections/session.ts';
import { Problem } from '../platform/errors.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { isId } from '../platform/id.ts';
import { refreshTargetMetadata } from './destination-fields.ts';
import type { TargetMetadata } from '../connectors/contract/destination.ts';

/** Shorter than the deadline of a push, because a person waits for the response. */
const deadlineMs = 20_000;

/**
 * Reads the description of the CRM's fields from the CRM now, for a person on the mapping page.
 * Throws Problem: `not_found`, or `conflict` when the CRM does not respond or refuses.
 */
export async function refreshFields(
  tenantId: string,
  connectionId: string,
): Promise<TargetMetadata> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  return withConnection(
    { tenantId, connectionId },
    { deadlineMs, retry: { retries: 1 } },
    async ({ provider, settings, http, secrets }) => {
      if (provider.push === undefined)
        throw new Problem('not_found', `Leads cannot be pushed to ${provider.label}.`);
      try {
        return await refreshTargetMetadata({ tenantId, connectionId }, provider.push, {
          http,
          settings,
          secrets,
        });
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        throw new Problem(
          'conflict',
          `The fields of ${provider.label} could not be read. ${error.message} ` +
            'If they were read before, those are still in use.',
        );
      }
    },
  );
}
