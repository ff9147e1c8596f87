import type { AccountSpec, ClientTetherAccount } from './clienttether/account.ts';
import { clientTether, type ClientTetherSandbox } from './clienttether/provider.ts';
import { demoOrgs, demoPartners, demoPortals, demoSalesforce, demoSpecs } from './demo.ts';
import type { DynamicsSpec } from './dynamics-365/spec.ts';
import { dynamics365, type DynamicsSandbox } from './dynamics-365/provider.ts';
import type { SalesforceSpec } from './salesforce/spec.ts';
import { salesforce, type SalesforceSandbox } from './salesforce/provider.ts';
import { hubSpot, type HubSpotSandbox } from './hubspot/provider.ts';
import type { HubSpotSpec } from './hubspot/spec.ts';
import { SandboxClock } from './kit/clock.ts';
import type { FaultBook } from './kit/faults.ts';
import type { RequestLog } from './kit/request-log.ts';
import { startKit } from './kit/server.ts';
import type { DeviceRules } from './kit/device.ts';
import type { TokenRules } from './kit/oauth.ts';
import type { PartnerSpec } from './partner-center/account.ts';
import { partnerCenter, type PartnerCenterSandbox } from './partner-center/provider.ts';

export { demoAccounts, demoPartners, demoSpecs } from './demo.ts';
export { bulkAccount } from './clienttether/bulk.ts';
export { livingAccount } from './clienttether/generator.ts';
export { csvAccount, leadsCsvMapping, opportunitiesCsvMapping } from './clienttether/loader.ts';
export { rowsAccount } from './clienttether/fixed.ts';
export { POISON_NAMES, type PoisonName } from './clienttether/poison.ts';
export { startDns, zoneFor, type DnsServer } from './dns/index.ts';
export type { DynamicsChange } from './dynamics-365/control.ts';
export type { SalesforceChange } from './salesforce/control.ts';
export type { SalesforceSpec } from './salesforce/spec.ts';
export type { DynamicsSpec } from './dynamics-365/spec.ts';
export type { HubSpotChange } from './hubspot/control.ts';
export type { HubSpotSpec } from './hubspot/spec.ts';
export type { AccountSpec } from './clienttether/account.ts';
export type { Change } from './clienttether/mutate.ts';
export type { Kind, Row } from './clienttether/rows.ts';
export type { FaultInput } from './kit/faults.ts';

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number;
  host?: string;
  /** ClientTether accounts; default: the three of the demo. */
  accounts?: AccountSpec[];
  /** Partner Center accounts; default: the one of the demo. */
  partners?: PartnerSpec[];
  /** Environments of Dynamics 365; default: the one of the demo. */
  orgs?: DynamicsSpec[];
  /** Organisations of Salesforce; default: the one of the demo. */
  salesforce?: SalesforceSpec[];
  /** HubSpot accounts; default: the one of the demo. */
  portals?: HubSpotSpec[];
  /** How the token endpoints behave. */
  tokens?: TokenRules & { device?: DeviceRules };
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
    /**
     * Live rows by kind, oldest first, in the canonical ('plain') shape whatever the account's
     * dialect.
     */
    truth(account: string): ReturnType<ClientTetherAccount['truth']>;
  };
  /** `baseUrl` and `loginUrl` are for a connection's settings of these names. */
  partnerCenter: Pick<
    PartnerCenterSandbox,
    'account' | 'desk' | 'devices' | 'leaks' | 'refuseVersions' | 'webhooks'
  > &
    Pick<PartnerCenterSandbox['control'], 'mutate' | 'poison' | 'truth'> & {
      baseUrl: string;
      loginUrl: string;
      webhookUrl: string;
    };
  /** As above; `createdBy` of an `org` counts what was made through the API. */
  dynamics365: Pick<DynamicsSandbox, 'org' | 'desk'> &
    Pick<DynamicsSandbox['control'], 'mutate' | 'poison' | 'truth'> & {
      baseUrl: string;
      loginUrl: string;
    };
  salesforce: Pick<SalesforceSandbox, 'org' | 'desk' | 'outbound'> &
    Pick<SalesforceSandbox['control'], 'mutate' | 'poison' | 'truth'> & { baseUrl: string };
  hubspot: Pick<HubSpotSandbox, 'account' | 'desk' | 'webhooks'> &
    Pick<HubSpotSandbox['control'], 'mutate' | 'poison' | 'truth'> & { baseUrl: string };
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts every imitated provider on one loopback port.
 * @throws the listen error (`EADDRINUSE` …) when the port is taken
 */
export async function startSandbox({
  port = 0,
  host = '127.0.0.1',
  accounts = demoSpecs(),
  partners = demoPartners(),
  orgs = demoOrgs(),
  salesforce: salesforceOrgs = demoSalesforce(),
  portals = demoPortals(),
  tokens = {},
  now,
}: SandboxOptions = {}): Promise<Sandbox> {
  const clock = new SandboxClock(now);
  const ct = clientTether(accounts, clock);
  const pc = partnerCenter(partners, clock, tokens);
  const d365 = dynamics365(orgs, clock, tokens);
  const sf = salesforce(salesforceOrgs, clock, tokens);
  const hs = hubSpot(portals, clock);
  const kit = await startKit({ providers: [ct, pc, d365, sf, hs], clock, port, host });
  const clienttether = {
    baseUrl: `${kit.url}${ct.basePath}`,
    account: (name: string) => ct.account(name),
    mutate: ct.control.mutate,
    poison: ct.control.poison,
    truth: (name: string) => ct.account(name).truth(),
  };
  const { account, desk, devices, leaks, refuseVersions, webhooks } = pc;
  const { mutate, poison, truth } = pc.control;
  const loginUrl = `${kit.url}${pc.basePath}`;
  return {
    ...kit,
    clock,
    clienttether,
    dynamics365: { ...exposeCrm(d365, kit.url), loginUrl: `${kit.url}${d365.basePath}` },
    salesforce: { ...exposeCrm(sf, kit.url), outbound: sf.outbound },
    hubspot: {
      baseUrl: `${kit.url}${hs.basePath}`,
      account: hs.account,
      desk: hs.desk,
      webhooks: hs.webhooks,
      ...hs.control,
    },
    partnerCenter: {
      baseUrl: `${loginUrl}v1.0/engagements/`,
      loginUrl,
      webhookUrl: loginUrl,
      account,
      desk,
      devices,
      leaks,
      refuseVersions,
      webhooks,
      mutate,
      poison,
      truth,
    },
  };
}

/** What tests see of a CRM with organisations: its address, tokens, and what happens in them. */
function exposeCrm<Crm extends DynamicsSandbox | SalesforceSandbox>(
  { org, desk, control, basePath }: Crm,
  url: string,
) {
  const { mutate, poison, truth } = control;
  return {
    baseUrl: `${url}${basePath}`,
    org: org as Crm['org'],
    desk: desk as Crm['desk'],
    mutate: mutate as Crm['control']['mutate'],
    poison: poison as Crm['control']['poison'],
    truth: truth as Crm['control']['truth'],
  };
}
