import type { Change, Sandbox } from '../../sandbox/index.ts';
import type { Random } from '../../sandbox/kit/random.ts';

const everyMs = 150;

/**
 * People work in the accounts: rows come, change and go, a few each second. `stop` tells how many
 * changes there were.
 */
export function startLife(
  sandbox: Sandbox,
  accounts: readonly string[],
  random: Random,
): { stop: () => number } {
  let changes = 0;
  const life = setInterval(() => {
    const name = random.pick(accounts);
    sandbox.clienttether.mutate(name, { changes: [pickChange(sandbox, name, random, changes)] });
    changes += 1;
  }, everyMs);
  return {
    stop: () => {
      clearInterval(life);
      return changes;
    },
  };
}

/** One change in an account, by chance. */
export function pickChange(sandbox: Sandbox, name: string, random: Random, number: number): Change {
  const account = sandbox.clienttether.account(name);
  const kind = random.pick(['clients', 'opportunities'] as const);
  const [victim] = account[kind].page(random.int(0, account[kind].size - 1), 1);
  const id = String(victim?.[kind === 'clients' ? 'client_id' : 'opportunity_id']);
  switch (random.weighted(['add', 'update', 'delete', 'note'] as const, [4, 6, 1, 2])) {
    case 'add':
      return {
        op: 'add',
        kind,
        row: {
          firstName: 'Late',
          lastName: `Comer ${number}`,
          deal_size: String(random.int(1, 90_000)),
        },
      };
    case 'update':
      return {
        op: 'update',
        kind,
        id,
        row: { compName: `Changed ${number}`, deal_size: String(random.int(1, 90_000)) },
      };
    case 'delete':
      return { op: 'delete', kind, id };
    case 'note':
      return {
        op: 'add',
        kind: 'notes',
        row: {
          contact_id: String(
            account.clients.page(random.int(0, account.clients.size - 1), 1)[0]?.['client_id'],
          ),
          content: `<p>Spoke again, ${number}</p>`,
          author: 'Ana Diaz',
        },
      };
  }
}
