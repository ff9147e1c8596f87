import { afterAll } from 'vitest';
import { startSandbox, type DynamicsChange, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { credentials } from '../../sandbox/dynamics.ts';
import { describeDiscovery } from '../discovery-stage.ts';
import { credentialsOf, NOW, orgSpec } from './harness.ts';

const db = useDatabase();
let sandbox: Sandbox | undefined;
let count = 0;
afterAll(() => sandbox?.close(0));

const kind = 'cr4_site';
const HOUR = 3_600_000;

describeDiscovery('Dynamics 365', db, async () => {
  await sandbox?.close(0);
  const opened = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [orgSpec({ defined: [kind] })],
    now: NOW,
  });
  sandbox = opened;
  const mutate = (...changes: DynamicsChange[]) =>
    opened.dynamics365.mutate('org', { changes }).ids;
  count += 1;
  const { id: tenantId } = await createTenant({ slug: `sites-${count}`, name: 'Sites' });
  const { baseUrl, loginUrl } = opened.dynamics365;
  const connection = await createConnection({
    tenantId,
    provider: 'dynamics-365',
    settings: { baseUrl, loginUrl, ...credentialsOf() },
    secrets: { clientSecret: credentials.clientSecret },
  });
  const [hill = '', ford = ''] = mutate(
    {
      op: 'add',
      kind,
      row: { cr4_name: 'Hill End', cr4_town: 'Denver', cr4_dealsize: 1500.5, cr4_step: 1 },
    },
    { op: 'add', kind, row: { cr4_name: 'Ford', cr4_town: 'Denver' } },
  );
  return {
    tenantId,
    connectionId: connection.id,
    object: kind,
    town: 'cr4_town',
    described: { stream: 'leads', path: 'versionnumber' },
    ids: [hill, ford],
    change: (name) => mutate({ op: 'update', kind, id: hill, row: { cr4_name: name } }),
    remove: () => mutate({ op: 'delete', kind, id: ford }),
    rename: () => {
      mutate({ op: 'rename', kind, name: 'cr4_town', to: 'cr4_place' });
      return 'cr4_place';
    },
    restarts: true,
    drop: () => mutate({ op: 'drop', kind }),
    later: () => opened.clock.shift(HOUR),
  };
});
