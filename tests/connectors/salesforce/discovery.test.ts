import { afterAll } from 'vitest';
import { startSandbox, type SalesforceChange, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { describeDiscovery } from '../discovery-stage.ts';
import { credentials, NOW, orgSpec } from './harness.ts';

const db = useDatabase();
let sandbox: Sandbox | undefined;
let count = 0;
afterAll(() => sandbox?.close(0));

const kind = 'Franchise_Site__c';
const HOUR = 3_600_000;

describeDiscovery('Salesforce', db, async () => {
  await sandbox?.close(0);
  const opened = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    salesforce: [orgSpec({ defined: [kind], custom: { Lead: ['Region__c'] } })],
    now: NOW,
  });
  sandbox = opened;
  const mutate = (...changes: SalesforceChange[]) =>
    opened.salesforce.mutate('org', { changes }).ids;
  count += 1;
  const { id: tenantId } = await createTenant({ slug: `sites-${count}`, name: 'Sites' });
  const connection = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl: opened.salesforce.baseUrl },
    secrets: credentials,
  });
  const [hill = '', ford = ''] = mutate(
    { op: 'add', kind, row: { Name: 'Hill End', Town__c: 'Denver', Deal_Size__c: 1500.5 } },
    { op: 'add', kind, row: { Name: 'Ford', Town__c: 'Denver' } },
  );
  return {
    tenantId,
    connectionId: connection.id,
    object: kind,
    town: 'Town__c',
    described: { stream: 'leads', path: 'Region__c' },
    ids: [hill, ford],
    change: (name) => mutate({ op: 'update', kind, id: hill, row: { Name: name } }),
    remove: () => mutate({ op: 'delete', kind, id: ford }),
    rename: () => {
      mutate({ op: 'rename', kind, name: 'Town__c', to: 'Place__x__c' });
      return 'Place__x__c';
    },
    restarts: true,
    drop: () => mutate({ op: 'drop', kind }),
    later: () => opened.clock.shift(HOUR),
  };
});
