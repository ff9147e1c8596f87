/**
 * What the app role may do with each table: the rights as GRANT writes them, and what for. The
 * migration (src/lib/jobs/migrate.ts) takes every other right away, so a new table is closed until
 * it is listed here. Rows go with their parent by ON DELETE CASCADE, which needs no right.
 *
 * Updates of the identity tables name their columns: whoever makes web run a statement of their own
 * cannot give themselves a grant, another address, or somebody else's session or password row.
 * docs/decisions/0032-rights-of-the-app-role.md has the reasons.
 */
export interface TableRights {
  may: string;
  because: string;
}

const all = 'select, insert, update, delete';

/**
 * Rows of one workspace, behind row-level security. Logs and versions are among them: the erasure of
 * a person takes them out of every text (src/lib/privacy/erasure/tables.ts).
 */
const rows = (because: string): TableRights => ({ may: all, because });

export const appRights: Record<string, TableRights> = {
  tenants: {
    may: 'select, update (raw_retention_days, deletion_share, two_factor_demanded_at)',
    because: 'operators create workspaces as owner; only settings change',
  },
  users: {
    may: 'select, insert, delete, update (name, two_factor_enabled, disabled_at, last_sign_in_at, updated_at)',
    because: 'invitations create accounts, staff disable and delete them; an address never changes',
  },
  accounts: {
    may: 'select, insert, delete, update (password, updated_at)',
    because: 'a password is replaced, a link to a provider goes; no row is handed to another user',
  },
  sessions: {
    may: 'select, insert, delete, update (expires_at, updated_at, active_tenant_id)',
    because: 'signing in and out, extending, choosing a workspace; never for another user',
  },
  verifications: {
    may: 'select, insert, delete',
    because: 'links and challenges are used up',
  },
  two_factors: {
    may: 'select, insert, delete, update (secret, backup_codes, verified, failed_verification_count, locked_until)',
    because: 'people turn two-step sign-in on and off, and mistype codes',
  },
  rate_limits: {
    may: 'select, insert, delete, update (count, last_request)',
    because: 'attempts are counted and forgotten',
  },
  memberships: {
    may: 'select, insert, delete, update (role)',
    because: 'admins manage their members',
  },
  invitations: {
    may: 'select, insert, update (status)',
    because: 'an invitation is accepted or withdrawn, and sent anew as another',
  },
  sso_providers: {
    may: 'select, insert, delete, update (issuer, client_id, sealed_secret, key_id, enabled_at, required_at, admits_at, new_member_role, second_factor_at, trusts_addresses_at, updated_at)',
    because: 'staff set up single sign-on; a provider never goes to another workspace',
  },
  sso_domains: {
    may: 'select, insert, delete, update (verified_at)',
    because: 'staff verify domains; a domain never goes to another workspace',
  },
  staff_grants: { may: 'select', because: 'operators make staff as owner' },
  audit_events: { may: 'select, insert', because: 'events are appended and never changed' },
  encryption_keys: {
    may: 'select, insert',
    because: 'the proof of a key is stored once, at its first use',
  },
  alerts: { may: all, because: 'workers open, follow, close and forget alerts' },
  alert_deliveries: {
    may: 'select, insert, update',
    because: 'workers send notices of alerts, which go with their alert',
  },
  periodic_tasks: { may: 'select, insert, update', because: 'processes claim their turns' },

  tenant_features: rows('admins and operators switch features'),
  connections: rows('admins connect systems; syncs keep their state'),
  credentials: rows('secrets are entered, renewed and sealed anew'),
  authorizations: rows('admins sign in at a system, and again'),
  borrowed_authorizations: rows('connections share a sign-in, and stop sharing it'),
  lent_authorizations: rows('connections share a sign-in, and stop sharing it'),
  rate_budgets: rows('workers share the rate limit of a connection'),
  circuits: rows('workers share the circuit breaker of a connection'),
  device_consents: rows('admins sign in to a system on its own pages'),
  raw_snapshots: rows('syncs keep pages as received, until their retention ends'),
  raw_bodies: rows('syncs keep bodies as received, until their retention ends'),
  stream_states: rows('syncs remember where a stream continues'),
  sync_runs: rows('syncs tell what they did'),
  sync_run_streams: rows('syncs count what they did'),
  record_errors: rows('rejected records are kept, corrected and discarded'),
  dead_letters: rows('failed jobs are kept, retried and discarded'),
  leads: rows('syncs and pushes write leads'),
  lead_terms: rows('the search words follow the leads'),
  lead_words: rows('search words of the release before'),
  lead_overrides: rows('pulls and people change fields of leads'),
  opportunities: rows('syncs write opportunities'),
  notes: rows('syncs write notes'),
  scheduled_activities: rows('syncs write activities'),
  stages: rows('syncs write stages'),
  stage_entries: rows('syncs write when a deal entered a stage'),
  stage_entry_months: rows('the sums follow the stage entries'),
  referrals: rows('syncs and write-backs write referrals'),
  companies: rows('syncs write companies'),
  contacts: rows('syncs write contacts'),
  external_links: rows('syncs, pushes and people say which records are the same'),
  lead_metrics: rows('the sums follow the leads'),
  lead_metric_months: rows('the sums follow the leads'),
  pipeline_stage_counts: rows('the sums follow the opportunities'),
  pipeline_stage_months: rows('the sums follow the opportunities'),
  dated_counts: rows('the sums follow notes and activities'),
  dated_count_months: rows('the sums follow notes and activities'),
  hot_list_items: rows('the hot list follows the opportunities'),
  company_domains: rows('scans and scores of the lead engine'),
  score_models: rows('a changed model is a new version'),
  pushes: rows('workers push leads and keep their state'),
  push_events: rows('the audit log of pushes; old requests are deleted'),
  push_conflicts: rows('people decide what both sides changed'),
  push_mappings: rows('a changed mapping is a new version'),
  stream_mappings: rows('a changed mapping is a new version'),
  connection_streams: rows('admins add and remove objects of an account'),
  stream_fields: rows('fields of a source as last described'),
  push_targets: rows('metadata of a CRM as last read'),
  push_pulls: rows('marks of what has to be compared'),
  write_backs: rows('actions at a remote system and their state'),
  action_choices: rows('what the fields of actions may be set to, as last read'),
  reports: rows('people publish reports'),
  erasures: rows('admins erase people, and let them in again'),
  erasure_marks: rows('digests by which erased people are kept out'),
  record_retention: rows('admins choose how long leads and notes are kept'),
  erasure_keys: rows('the key of the digests, sealed anew with the keys'),
  saved_views: rows('people save, rename and delete filters'),
  webhook_deliveries: rows('notices are recorded, finished and forgotten'),
  event_subscriptions: rows('jobs keep the registrations of webhooks'),
};
