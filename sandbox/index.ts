import type { AccountSpec, ClientTetherAccount } from './clienttether/account.ts';
import { clientTether, type ClientTetherSandbox } from './clienttether/provider.ts';
import { demoSpecs } from './demo.ts';
import { SandboxClock } from './kit/clock.ts';
import type { FaultBook } from './kit/faults.ts';
import type { RequestLog } from './kit/request-log.ts';
import { startKit } from './kit/server.ts';

export { demoAccounts, demoSpecs } from './demo.ts';
export { bulkAccount } from './clienttether/bulk.ts';
export { livingAccount } from './clienttether/generator.ts';
export { csvAccount, leadsCsvMapping, opportunitiesCsvMapping } from './clienttether/loader.ts';
export { rowsAccount } from './clienttether/fixed.ts';
export { POISON_NAMES, type PoisonName } from './clienttether/poison.ts';
export type { AccountSpec, ClientTetherAccount } from './clienttether/account.ts';
export type { Change } from './clienttether/mutate.ts';
export type { Kind, Row } from './clienttether/rows.ts';
export type { FaultInput } from './kit/faults.ts';

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number;
  host?: string;
  /** ClientTether accounts; default: the three of the demo. */
  accounts?: AccountSpec[];
  /** Epoch ms that stand still, or a function; default: the wall clock. */
  now?: number | (() => number);
}

export interface Sandbox {
  url: string;
  port: number;
  clock: SandboxClock;
  faults: FaultBook;
  log: RequestLog;
  clienttether: {
    /** For a connection's `baseUrl` setting. */
    baseUrl: string;
    account(name: string): ClientTetherAccount;
    mutate: ClientTetherSandbox['control']['mutate'];
    poison: ClientTetherSandbox['control']['poison'];
    /** Live rows by kind, oldest first, in the canonical ('plain') shape whatever the account's dialect. */
    truth(account: string): ReturnType<ClientTetherAccount['truth']>;
  };
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts every imitated provider on one loopback port.
 * @throws the listen error (`EADDRINUSE` …) when the port is taken
 */
export async function startSandbox({ port = 0, host = '127.0.0.1', accounts = demoSpecs(), now }: SandboxOptions = {}): Promise<Sandbox> {
  const clock = new SandboxClock(now);
  const ct = clientTether(accounts, clock);
  const kit = await startKit({ providers: [ct], clock, port, host });
  const clienttether = {
    baseUrl: `${kit.url}${ct.basePath}`,
    account: (name: string) => ct.account(name),
    mutate: ct.control.mutate,
    poison: ct.control.poison,
    truth: (name: string) => ct.account(name).truth(),
  };
  return { ...kit, clock, clienttether };
}
