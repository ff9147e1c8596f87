import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { client } from '../../helpers/rows.ts';
import { describeActions } from './scenario.ts';

const keys = { accessToken: 'token-0123456789', webKey: 'CT_actions' };
const row = (sandbox: Sandbox, id: string) =>
  sandbox.clienttether.truth('north').clients?.find((each) => each['client_id'] === id);

describeActions({
  provider: 'clienttether',
  start: () =>
    startSandbox({
      accounts: [
        rowsAccount({
          name: 'north',
          label: 'North',
          ...keys,
          rows: {
            clients: [client(1, { clients_sales_cycle: 'FDD Sent', whiteboard: 'Met in May.' })],
          },
          lookups: { salesCycles: ['Outbound Call', 'FDD Sent', 'FDD Signed'] },
        }),
      ],
      partners: [],
      orgs: [],
    }),
  connect: ({ clienttether }) => ({ settings: { baseUrl: clienttether.baseUrl }, secrets: keys }),
  changes: [
    {
      entity: 'lead',
      action: 'stage',
      field: 'clients_sales_cycle',
      endpoint: 'POST update_client_by_id',
      atSource: (sandbox, id) => row(sandbox, id)?.['clients_sales_cycle'],
      changeThere: (sandbox, id, value) => {
        sandbox.clienttether.mutate(sandbox.clienttether.account('north').identity.name, {
          changes: [{ op: 'update', kind: 'clients', id, row: { clients_sales_cycle: value } }],
        });
      },
    },
  ],
  additions: [
    {
      entity: 'lead',
      action: 'note',
      endpoint: 'POST update_client_by_id',
      values: {},
      // Every note stands behind a blank line of its own.
      textsAtSource: (sandbox, id) => String(row(sandbox, id)?.['whiteboard']).split('<br><br>'),
    },
  ],
});
