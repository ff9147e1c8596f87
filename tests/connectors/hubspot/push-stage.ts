import { createConnection } from '#lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import type { HubSpotSpec, Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import type { PushStage } from '../../outbound/stage.ts';
import { portalSpec, TOKEN } from './harness.ts';

/** An account whose contacts have the properties that pushes fill. */
export const pushedPortal = (spec: Partial<HubSpotSpec> = {}): HubSpotSpec =>
  portalSpec({
    custom: {
      contacts: [
        'tributary_id',
        'tributary_score',
        'tributary_priority',
        'tributary_segment',
        'tributary_mail_provider',
      ],
    },
    unique: { contacts: ['tributary_id'] },
    ...spec,
  });

let number = 0;

/** A workspace that may push, with its connection to an account and one to a source of leads. */
export async function hubSpotStage(db: TestDatabase, sandbox: Sandbox): Promise<PushStage> {
  number += 1;
  const slug = `hubspot-push-${number}`;
  const { id: tenantId } = await createTenant({ slug, name: `HubSpot push ${number}` });
  await setFeature(tenantId, 'crm-push', true, null);
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'hubspot',
    settings: { baseUrl: sandbox.hubspot.baseUrl },
    secrets: { accessToken: TOKEN },
  });
  const { id: sourceId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets: { webKey: 'CT_source', accessToken: 'source-token-0123' },
  });
  return { db, sandbox, tenantId, slug, connectionId, sourceId, account: 'portal' };
}
