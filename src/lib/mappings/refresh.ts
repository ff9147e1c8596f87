import { connectionClient } from '../connections/client.ts';
import { openConnection } from '../connections/connections.ts';
import { Problem } from '../platform/errors.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { isId } from '../platform/id.ts';
import { refreshTarget } from './destination-fields.ts';
import type { TargetMetadata } from '../connectors/contract/destination.ts';

/** Somebody waits for the answer: shorter than a push would wait. */
const deadlineMs = 20_000;

/**
 * Asks the CRM for its fields now. A CRM that does not answer, or refuses, is a Problem in plain
 * words.
 */
export async function readFieldsAgain(
  tenantId: string,
  connectionId: string,
): Promise<TargetMetadata> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const { provider, settings } = await openConnection(tenantId, connectionId);
  if (provider.push === undefined)
    throw new Problem('not_found', `No leads can be pushed to ${provider.label}.`);
  const http = connectionClient(provider, settings, {
    owner: { tenantId, connectionId },
    deadlineMs,
    retry: { retries: 1 },
  });
  try {
    return await refreshTarget({ tenantId, connectionId }, provider.push, { http, settings });
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new Problem(
      'conflict',
      `${provider.label} did not tell its fields: ${error.message} What was read before is shown.`,
    );
  } finally {
    await http.close();
  }
}
