import type { AccountSpec } from './clienttether/account.ts';
import { livingAccount } from './clienttether/generator.ts';
import type { DynamicsSpec } from './dynamics-365/spec.ts';
import type { SalesforceSpec } from './salesforce/spec.ts';
import type { HubSpotSpec } from './hubspot/spec.ts';
import type { PartnerSpec } from './partner-center/account.ts';

export interface DemoAccount {
  webKey: string;
  accessToken: string;
  label: string;
}

/**
 * All three belong to one agency, as in life: the token opens each of them and the web key decides
 * which one is read.
 */
const AGENCY_TOKEN = 'demo-agency-token.not-a-secret.sandbox-only';

/**
 * Credentials of the demo tenants at the sandbox, by tenant slug. They open nothing but a loopback
 * sandbox.
 */
export const demoAccounts = {
  summit: {
    webKey: 'CT_5a11d0c0ffee0001',
    accessToken: AGENCY_TOKEN,
    label: 'Summit Home Services',
  },
  harbor: {
    webKey: 'CT_5a11d0c0ffee0002',
    accessToken: AGENCY_TOKEN,
    label: 'Harbor Fitness Group',
  },
  juniper: { webKey: 'CT_5a11d0c0ffee0003', accessToken: AGENCY_TOKEN, label: 'Juniper Tea Rooms' },
} satisfies Record<string, DemoAccount>;

export type DemoSlug = keyof typeof demoAccounts;

/** The day on which the accounts have the sizes below; they keep growing from there. */
const COUNTED_ON = Date.UTC(2026, 10, 16);

/**
 * Three accounts of different size and character: a steady one, a large one with brokers, and a
 * small one with the other dialect.
 */
export function demoSpecs(): AccountSpec[] {
  return [summit(), harbor(), juniper()];
}

function summit(): AccountSpec {
  return livingAccount({
    name: 'summit',
    ...demoAccounts.summit,
    seed: 'summit',
    now: COUNTED_ON,
    clients: 420,
    historyDays: 330,
    progress: 0.78,
  });
}

function harbor(): AccountSpec {
  return livingAccount({
    name: 'harbor',
    ...demoAccounts.harbor,
    seed: 'harbor',
    now: COUNTED_ON,
    clients: 1_900,
    historyDays: 400,
    users: 7,
    progress: 0.76,
    noteRate: 0.5,
    fees: [49_500, 59_500, 65_000],
    restingStages: ['Future Interest', 'Closed Lost'],
    totalRecord: 'page',
    sources: {
      'Broker Network - Northstar Advisors': 24,
      'Broker Network - Keystone Match': 15,
      'Franchise Portal - OwnerPath': 18,
      'Franchise Portal - BizScout': 12,
      Website: 11,
      'Google Ads': 9,
      'Facebook Ads': 8,
      LinkedIn: 5,
      Referral: 4,
      'Existing Franchisee': 3,
      'Expo - Franchise Days': 6,
      Webinar: 3,
    },
  });
}

function juniper(): AccountSpec {
  return livingAccount({
    name: 'juniper',
    ...demoAccounts.juniper,
    seed: 'juniper',
    now: COUNTED_ON,
    clients: 60,
    historyDays: 160,
    users: 2,
    progress: 0.83,
    noteRate: 0.85,
    fees: [29_500, 32_000],
    dialect: 'prefixed',
    customFields: 'nested',
    sources: {
      Website: 8,
      Referral: 7,
      'Existing Customer': 6,
      Instagram: 5,
      'Local Event': 3,
      'Franchise Portal - BizScout': 2,
    },
  });
}

/** The partner whose referrals the workspace of the same name reads. */
export function demoPartners(): PartnerSpec[] {
  const credentials = {
    clientId: 'demo-partner-app',
    clientSecret: 'demo-partner-secret.sandbox-only',
    refreshToken: 'demo-partner-consent.sandbox-only',
  };
  return [
    {
      name: 'summit',
      label: 'Summit Partner Network',
      ...credentials,
      seed: 'summit-partner',
      referrals: 340,
      countedOn: COUNTED_ON,
    },
  ];
}

/** The environment of Dynamics 365 that leads of the workspace of the same name are pushed to. */
export function demoOrgs(): DynamicsSpec[] {
  const credentials = {
    tenant: 'demo-directory',
    clientId: 'demo-dynamics-app',
    clientSecret: 'demo-dynamics-secret.sandbox-only',
  };
  return [
    {
      name: 'summit',
      label: 'Summit Sales',
      ...credentials,
      seed: 'summit-dynamics',
      leads: 260,
      countedOn: COUNTED_ON,
    },
  ];
}

/** The organisation of Salesforce that the workspace of the same name reads. */
export function demoSalesforce(): SalesforceSpec[] {
  return [
    {
      name: 'harbor',
      label: 'Harbor Fitness Sales',
      clientId: 'demo_salesforce_app',
      clientSecret: 'demo-salesforce-secret.sandbox-only',
      seed: 'harbor-salesforce',
      leads: 240,
      countedOn: COUNTED_ON,
    },
  ];
}

/** The HubSpot account that the workspace of the same name reads. */
export function demoPortals(): HubSpotSpec[] {
  return [
    {
      name: 'juniper',
      label: 'Juniper Wholesale',
      token: 'pat-demo-juniper.sandbox-only',
      portalId: 4_411_890,
      seed: 'juniper-hubspot',
      contacts: 120,
      countedOn: COUNTED_ON,
      custom: {
        contacts: [
          'tributary_id',
          'tributary_score',
          'tributary_priority',
          'tributary_segment',
          'tributary_mail_provider',
        ],
      },
      unique: { contacts: ['tributary_id'] },
    },
  ];
}
