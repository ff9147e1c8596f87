import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { NOW, orgSpec } from '../../connectors/salesforce/harness.ts';
import { describeActions } from './scenario.ts';

const spec = orgSpec({ leads: 60 });
const org = (sandbox: Sandbox) => sandbox.salesforce.org(spec.name);

const field = (object: 'Lead' | 'Opportunity', name: string) => ({
  field: name,
  endpoint: 'PATCH services/data/:version/sobjects/:object/:id',
  atSource: (sandbox: Sandbox, id: string) => org(sandbox).store.row(object, id)?.[name],
  changeThere: (sandbox: Sandbox, id: string, value: string) => {
    org(sandbox).store.update(object, id, { [name]: value }, sandbox.clock.now());
  },
});
const texts = (sandbox: Sandbox, object: 'Note' | 'Task', name: string) =>
  org(sandbox)
    .store.rows(object, sandbox.clock.now())
    .map((row) => String(row[name]));

describeActions({
  provider: 'salesforce',
  open: `raw_json ->> 'IsConverted' is distinct from 'true'`,
  start: () => startSandbox({ accounts: [], partners: [], orgs: [], salesforce: [spec], now: NOW }),
  connect: ({ salesforce: { baseUrl } }) => ({
    settings: { baseUrl },
    secrets: { clientId: spec.clientId, clientSecret: spec.clientSecret },
  }),
  changes: [
    { entity: 'lead', action: 'stage', ...field('Lead', 'Status') },
    { entity: 'opportunity', action: 'stage', ...field('Opportunity', 'StageName') },
    { entity: 'opportunity', action: 'owner', ...field('Opportunity', 'OwnerId') },
  ],
  additions: [
    {
      entity: 'opportunity',
      action: 'note',
      endpoint: 'POST services/data/:version/sobjects/:object',
      values: {},
      textsAtSource: (sandbox) => texts(sandbox, 'Note', 'Body'),
    },
    {
      entity: 'lead',
      action: 'task',
      endpoint: 'POST services/data/:version/sobjects/:object',
      values: { subject: 'Call them', due: '2026-12-24' },
      textsAtSource: (sandbox) => texts(sandbox, 'Task', 'Description'),
    },
  ],
});
