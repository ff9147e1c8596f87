import { sql } from 'drizzle-orm';
import { withConnection } from '../../connections/session.ts';
import type { Choice } from '../../connectors/contract/actions.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { actionChoices } from '../../schema/write-backs.ts';
import { readActionRecord, type ActionTarget } from './record.ts';

/**
 * Reads what the fields of the actions of a record's connection may be set to, and stores it. A list
 * that the account may not read is empty. Throws Problem: `not_found`, `conflict` when the source
 * cannot be asked right now.
 */
export async function refreshChoices(tenantId: string, target: ActionTarget): Promise<void> {
  const { connectionId, provider } = await withTenant(tenantId, (tx) =>
    readActionRecord(tx, tenantId, target),
  );
  const read = { choices: await fetchChoices({ tenantId, connectionId }), fetchedAt: sql`now()` };
  if (Object.keys(read.choices).length === 0)
    throw new Problem('conflict', `${provider.label} has no lists for actions.`);
  await withTenant(tenantId, (tx) =>
    tx
      .insert(actionChoices)
      .values({ tenantId, connectionId, ...read })
      .onConflictDoUpdate({
        target: [actionChoices.tenantId, actionChoices.connectionId],
        set: read,
      }),
  );
}

async function fetchChoices(key: {
  tenantId: string;
  connectionId: string;
}): Promise<Record<string, Choice[]>> {
  const found: Record<string, Choice[]> = {};
  try {
    await withConnection(key, {}, async ({ http, settings, secrets, provider }) => {
      for (const action of provider.actions ?? [])
        if (action.choices !== undefined)
          found[`${action.stream}/${action.key}`] = await unlessClosed(
            action.choices({ http, settings, secrets }),
          );
    });
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new Problem('conflict', `The lists could not be read. ${safeMessage(error.message)}`);
  }
  return found;
}

/** None where the account has no such list, or its credentials may not read it. */
async function unlessClosed(choices: Promise<Choice[]>): Promise<Choice[]> {
  try {
    return await choices;
  } catch (error) {
    if (error instanceof RemoteError && (error.kind === 'permission' || error.kind === 'gone'))
      return [];
    throw error;
  }
}
