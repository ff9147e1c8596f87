import { startSandbox } from '../../../sandbox/index.ts';
import { portalSpec, NOW, TOKEN } from '../../connectors/hubspot/harness.ts';
import { describeActions } from './scenario.ts';

const rows = (sandbox: Awaited<ReturnType<typeof start>>, kind: string) =>
  sandbox.hubspot.truth('portal', kind)[kind] ?? [];
const start = () =>
  startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ contacts: 40, without: ['leads'] })],
    now: NOW,
  });

const property = (kind: 'contacts' | 'deals', field: string) => ({
  field,
  endpoint: 'PATCH crm/v3/objects/:type/:id',
  atSource: (sandbox: Awaited<ReturnType<typeof start>>, externalId: string) =>
    sandbox.hubspot.account('portal').store.find(kind, externalId)?.properties[field],
  changeThere: (sandbox: Awaited<ReturnType<typeof start>>, id: string, value: string) => {
    sandbox.hubspot.mutate('portal', {
      changes: [{ op: 'update', kind, id, properties: { [field]: value } }],
    });
  },
});

describeActions({
  provider: 'hubspot',
  start,
  connect: ({ hubspot }) => ({
    settings: { baseUrl: hubspot.baseUrl },
    secrets: { accessToken: TOKEN },
  }),
  changes: [
    { entity: 'lead', action: 'stage', ...property('contacts', 'hs_lead_status') },
    { entity: 'opportunity', action: 'stage', ...property('deals', 'dealstage') },
    { entity: 'opportunity', action: 'owner', ...property('deals', 'hubspot_owner_id') },
  ],
  additions: [
    {
      entity: 'lead',
      action: 'note',
      endpoint: 'POST crm/v3/objects/:type',
      values: {},
      textsAtSource: (sandbox) =>
        rows(sandbox, 'notes').map(({ properties }) => String(properties['hs_note_body'])),
    },
    {
      entity: 'opportunity',
      action: 'task',
      endpoint: 'POST crm/v3/objects/:type',
      values: { subject: 'Call them', due: '2026-12-24' },
      textsAtSource: (sandbox) =>
        rows(sandbox, 'tasks').map(({ properties }) => String(properties['hs_task_body'])),
    },
  ],
});
