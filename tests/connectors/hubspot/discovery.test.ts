import { afterAll } from 'vitest';
import { startSandbox, type HubSpotChange, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { describeDiscovery } from '../discovery-stage.ts';
import { NOW, portalSpec, TOKEN } from './harness.ts';

const db = useDatabase();
let sandbox: Sandbox | undefined;
let count = 0;
afterAll(() => sandbox?.close(0));

const kind = 'p4411_sites';
const HOUR = 3_600_000;

describeDiscovery('HubSpot', db, async () => {
  await sandbox?.close(0);
  const opened = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ defined: [kind], refusesUnknown: true })],
    now: NOW,
  });
  sandbox = opened;
  const mutate = (...changes: HubSpotChange[]) => opened.hubspot.mutate('portal', { changes }).ids;
  count += 1;
  const { id: tenantId } = await createTenant({ slug: `sites-${count}`, name: 'Sites' });
  const settings = { baseUrl: opened.hubspot.baseUrl };
  const secrets = { accessToken: TOKEN };
  const connection = await createConnection({ tenantId, provider: 'hubspot', settings, secrets });
  const [company = ''] = mutate({ op: 'add', kind: 'companies', properties: { name: 'Oxbow' } });
  const [hill = '', ford = ''] = mutate(
    {
      op: 'add',
      kind,
      properties: { site_name: 'Hill End', town: 'Denver', deal_size: '1500.00' },
      links: [{ kind: 'companies', id: company }],
    },
    { op: 'add', kind, properties: { site_name: 'Ford', town: 'Denver' } },
  );
  return {
    tenantId,
    connectionId: connection.id,
    object: kind,
    town: 'properties.town',
    described: { stream: 'contactLeads', path: 'properties.hs_email_domain' },
    ids: [`${kind}-${hill}`, `${kind}-${ford}`],
    change: (name) => mutate({ op: 'update', kind, id: hill, properties: { site_name: name } }),
    remove: () => mutate({ op: 'archive', kind, id: ford }),
    rename: () => {
      mutate({ op: 'rename', kind, name: 'town', to: 'place' });
      return 'properties.place';
    },
    restarts: false,
    drop: () => mutate({ op: 'drop', kind }),
    later: () => opened.clock.shift(HOUR),
  };
});
