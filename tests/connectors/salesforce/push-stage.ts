import { createConnection } from '#lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import type { Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import type { PushStage } from '../../outbound/stage.ts';
import { credentials } from './harness.ts';

let number = 0;

/** A workspace that may push, with its connection to an organisation and one to a source of leads. */
export async function salesforceStage(db: TestDatabase, sandbox: Sandbox): Promise<PushStage> {
  number += 1;
  const slug = `salesforce-push-${number}`;
  const { id: tenantId } = await createTenant({ slug, name: `Salesforce push ${number}` });
  await setFeature(tenantId, 'crm-push', true, null);
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl: sandbox.salesforce.baseUrl },
    secrets: credentials,
  });
  const { id: sourceId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets: { webKey: 'CT_source', accessToken: 'source-token-0123' },
  });
  return { db, sandbox, tenantId, slug, connectionId, sourceId, account: 'org' };
}
