import { auditActions, type AuditAction } from './actions.ts';

/** The groups by which the pages of the audit log filter, with the words that they show. */
export const auditGroups = {
  access: 'Sign-in and accounts',
  people: 'Members and invitations',
  settings: 'Settings',
  connections: 'Connections and credentials',
  data: 'Syncs and failed records',
  crm: 'CRM and referrals',
  exports: 'Exports',
  views: 'Views and reports',
  privacy: 'Erasure and full export',
} as const;

export type AuditGroup = keyof typeof auditGroups;

type Noun = AuditAction extends infer Name
  ? Name extends `${infer N}.${string}`
    ? N
    : never
  : never;

/** The group of each noun; a new noun does not compile before it has one. */
const groupOfNoun: Record<Noun, AuditGroup> = {
  sign_in: 'access',
  password: 'access',
  two_factor: 'access',
  session: 'access',
  account: 'access',
  sso: 'access',
  staff: 'people',
  member: 'people',
  invitation: 'people',
  workspace: 'settings',
  settings: 'settings',
  feature: 'settings',
  scoring: 'settings',
  mapping: 'settings',
  object: 'connections',
  alert: 'settings',
  connection: 'connections',
  webhook: 'connections',
  key: 'connections',
  sync: 'data',
  deletion: 'data',
  replay: 'data',
  record: 'data',
  job: 'data',
  raw: 'data',
  search: 'data',
  score: 'data',
  scan: 'data',
  export: 'exports',
  push: 'crm',
  link: 'crm',
  conflict: 'crm',
  referral: 'crm',
  action: 'crm',
  view: 'views',
  report: 'views',
  person: 'privacy',
  retention: 'privacy',
  tenant: 'privacy',
};

/** The names of the events of a group. */
export function listActionsOf(group: AuditGroup): AuditAction[] {
  return (Object.keys(auditActions) as AuditAction[]).filter(
    (action) => groupOfNoun[action.split('.', 1)[0] as Noun] === group,
  );
}
