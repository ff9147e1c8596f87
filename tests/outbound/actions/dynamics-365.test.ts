import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { NOW, orgSpec } from '../../connectors/dynamics-365/harness.ts';
import { describeActions } from './scenario.ts';

const spec = orgSpec({ leads: 60 });
const limits = { requests: 1_000_000, concurrent: 1_000 };
const rows = (sandbox: Sandbox, table: 'annotation' | 'task') =>
  sandbox.dynamics365.org('org').store.rows(table);

const column = (
  table: 'lead' | 'opportunity',
  set: string,
  field: string,
  value: 'number' | 'user',
) => {
  const name = value === 'user' ? 'ownerid' : field;
  const toValue = (text: string) =>
    value === 'user' ? { table: 'systemuser' as const, id: text } : Number(text);
  return {
    field,
    endpoint: `PATCH api/data/v9.2/${set}(:key)`,
    atSource: (sandbox: Sandbox, id: string) =>
      sandbox.dynamics365.org('org').store.row(table, id)?.[name],
    changeThere: (sandbox: Sandbox, id: string, text: string) => {
      sandbox.dynamics365
        .org('org')
        .store.update(table, id, { [name]: toValue(text) }, sandbox.clock.now());
    },
    stored: toValue,
  };
};

describeActions({
  provider: 'dynamics-365',
  open: `raw_json ->> 'statecode' = '0'`,
  start: () => startSandbox({ accounts: [], partners: [], orgs: [{ ...spec, limits }], now: NOW }),
  connect: ({ dynamics365: { baseUrl, loginUrl } }) => ({
    settings: { baseUrl, loginUrl, tenantId: spec.tenant, clientId: spec.clientId },
    secrets: { clientSecret: spec.clientSecret },
  }),
  changes: [
    {
      entity: 'opportunity',
      action: 'stage',
      ...column('opportunity', 'opportunities', 'salesstage', 'number'),
    },
    { entity: 'lead', action: 'owner', ...column('lead', 'leads', '_ownerid_value', 'user') },
  ],
  additions: [
    {
      entity: 'lead',
      action: 'note',
      endpoint: 'PATCH api/data/v9.2/annotations(:key)',
      values: {},
      textsAtSource: (sandbox) =>
        rows(sandbox, 'annotation').map(({ notetext }) => String(notetext)),
    },
    {
      entity: 'opportunity',
      action: 'task',
      endpoint: 'PATCH api/data/v9.2/tasks(:key)',
      values: { subject: 'Call them', due: '2026-12-24' },
      textsAtSource: (sandbox) =>
        rows(sandbox, 'task').map(({ description }) => String(description)),
    },
  ],
});
