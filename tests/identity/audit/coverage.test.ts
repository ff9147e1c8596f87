import { describe, expect, it } from 'vitest';
import { auditActions } from '#lib/identity/audit/actions.ts';
import { listCommands, listForms, listRecordedActions, listWritingRoutes } from './sources.ts';

/** The events that something leaves; or in words why it leaves none. */
type Trace = string | string[];

const handsOver = 'hands over to the buttons above';
const reads = 'reads only';

const forms: Record<string, Trace> = {
  'account.ts name': ['account.renamed'],
  'account.ts password': ['password.changed'],
  'account.ts revoke': ['session.revoked'],
  'account.ts revoke-others': ['session.revoked_others'],
  'account.ts submitAccount': handsOver,
  'account.ts start': 'prepares two-step sign-in, which "confirm" turns on',
  'account.ts confirm': ['two_factor.enabled'],
  'account.ts renew': ['two_factor.codes_renewed'],
  'account.ts disable': ['two_factor.disabled'],
  'account.ts submitTwoFactor': handsOver,
  'conflicts.ts ours': ['conflict.resolved'],
  'conflicts.ts theirs': ['conflict.resolved'],
  'conflicts.ts all-ours': ['conflict.resolved'],
  'conflicts.ts all-theirs': ['conflict.resolved'],
  'conflicts.ts submitConflicts': handsOver,
  'connections.ts connect': ['connection.created', 'feature.switched'],
  'connections.ts consent': ['connection.sign_in_started', 'connection.created'],
  'connections.ts reconnect': ['connection.credentials_replaced'],
  'connections.ts reconsent': ['connection.sign_in_started', 'connection.credentials_replaced'],
  'connections.ts pause': ['connection.paused'],
  'connections.ts resume': ['connection.resumed'],
  'connections.ts accept-deletions': ['deletion.confirmed'],
  'connections.ts webhook': ['webhook.registered'],
  'connections.ts replay': ['replay.requested', 'replay.finished'],
  'connections.ts submitConnections': handsOver,
  'dead-letters.ts retry': ['record.retried'],
  'dead-letters.ts retry-group': ['record.retried'],
  'dead-letters.ts discard': ['record.discarded'],
  'dead-letters.ts job-retry': ['job.retried'],
  'dead-letters.ts job-retry-group': ['job.retried'],
  'dead-letters.ts job-discard': ['job.discarded'],
  'dead-letters.ts submitDeadLetters': handsOver,
  'dead-letters.ts submitCorrection': ['record.corrected'],
  'features.ts submitFeatures': ['feature.switched'],
  'invitations.ts submitInvitation': ['invitation.accepted'],
  'leads.ts save-view': ['view.saved'],
  'leads.ts rename-view': ['view.renamed'],
  'leads.ts delete-view': ['view.deleted'],
  'leads.ts push': ['push.requested', 'push.matching_requested'],
  'leads.ts submitLeads': handsOver,
  'mapping.ts add': 'changes the draft in the page; nothing is stored',
  'mapping.ts remove': 'changes the draft in the page; nothing is stored',
  'mapping.ts preview': reads,
  'mapping.ts save': ['mapping.changed'],
  'mapping.ts restore': ['mapping.changed'],
  'mapping.ts refresh': 'reads the fields of the CRM again, as each day does by itself',
  'mapping.ts submitMapping': handsOver,
  'members.ts invite': ['invitation.sent'],
  'members.ts resend': ['invitation.sent'],
  'members.ts revoke': ['invitation.withdrawn'],
  'members.ts role': ['member.role_changed'],
  'members.ts remove': ['member.removed'],
  'members.ts submitMembers': handsOver,
  'privacy.ts find': reads,
  'privacy.ts erase': ['person.erased'],
  'privacy.ts lift': ['person.readmitted'],
  'privacy.ts submitPrivacy': handsOver,
  'privacy.ts submitErasure': handsOver,
  'pushes.ts push': ['push.requested'],
  'pushes.ts retry-failed': ['push.requested'],
  'pushes.ts submitPushes': handsOver,
  'referrals.ts ours': ['referral.conflict_decided'],
  'referrals.ts theirs': ['referral.conflict_decided'],
  'referrals.ts cancel': ['referral.change_withdrawn'],
  'referrals.ts submitReferral': ['referral.changed'],
  'reports.ts submitReport': ['report.published'],
  'scoring.ts preview': reads,
  'scoring.ts save': ['scoring.changed'],
  'scoring.ts submitScoring': handsOver,
  'sign-in.ts submitSignIn': ['sign_in.succeeded', 'sign_in.failed'],
  'sign-in.ts submitCode': ['sign_in.succeeded', 'two_factor.failed'],
  'sign-in.ts submitForgottenPassword': ['password.reset_requested'],
  'sign-in.ts submitNewPassword': ['password.reset'],
  'single-sign-on.ts save': ['sso.configured'],
  'single-sign-on.ts options': ['sso.rules_changed'],
  'single-sign-on.ts on': ['sso.enabled'],
  'single-sign-on.ts off': ['sso.disabled'],
  'single-sign-on.ts remove': ['sso.removed'],
  'single-sign-on.ts test': 'asks the provider for its public documents and stores nothing',
  'single-sign-on.ts add-domain': ['sso.domain_added'],
  'single-sign-on.ts verify-domain': ['sso.domain_verified'],
  'single-sign-on.ts remove-domain': ['sso.domain_removed'],
  'single-sign-on.ts submitSingleSignOn': handsOver,
  'sync.ts requestSyncByForm': ['sync.requested'],
  'workspaces.ts submitWorkspace':
    'chooses the workspace that short addresses open; staff who enter it are recorded by the guard',
};

const routes: Record<string, Trace> = {
  'ALL [...path].ts': 'redirects short addresses',
  'ALL api/auth/[...all].ts': ['sign_in.succeeded', 'sign_in.failed', 'sign_in.ended'],
  'POST api/dynamics/bulk-sync.ts': ['push.requested', 'push.matching_requested'],
  'POST api/dynamics/sync/[domain].ts': ['push.requested'],
  'POST api/referrals/[id].ts': ['referral.changed'],
  'POST api/referrals/sync.ts': ['sync.requested'],
  'POST api/sync/index.ts': ['sync.requested'],
  'POST api/v1/d365/push-lead.ts': ['push.requested'],
  'POST api/webhooks/[provider]/[tenantId]/[connectionId].ts':
    'a notice of a provider, kept in webhook_deliveries; it makes a sync begin earlier',
  'POST sign-out.ts': ['sign_in.ended'],
};

const holds = 'holds the commands below it';
const commands: Record<string, Trace> = {
  'alerts.ts alerts': holds,
  'alerts.ts test': ['alert.tested'],
  'connection.ts connection': holds,
  'connection.ts create': ['connection.created'],
  'connection.ts update': ['connection.settings_changed'],
  'connection.ts test': 'stores nothing but an access token that a sync would have fetched as well',
  'connection.ts list': reads,
  'dead-letters.ts dead-letters': holds,
  'dead-letters.ts list': reads,
  'dead-letters.ts retry': ['record.retried', 'job.retried'],
  'dead-letters.ts discard': ['record.discarded', 'job.discarded'],
  'domain.ts domain': holds,
  'domain.ts scan': 'asks the DNS and stores nothing',
  'domain.ts rescan': ['scan.requested'],
  'keys.ts keys': holds,
  'keys.ts rotate': ['key.rotated'],
  'keys.ts status': reads,
  'leads.ts leads': holds,
  'leads.ts index': ['search.reindexed'],
  'person.ts person': holds,
  'person.ts find': reads,
  'person.ts erase': ['person.erased'],
  'person.ts list': reads,
  'person.ts repeat': 'carries out an erasure again that is in the log',
  'person.ts readmit': ['person.readmitted'],
  'push.ts push': holds,
  'push.ts run': ['push.requested'],
  'push.ts status': reads,
  'push.ts retry': ['push.requested'],
  'raw.ts raw': holds,
  'raw.ts verify': reads,
  'raw.ts prune': ['raw.pruned'],
  'replay.ts replay': ['replay.requested', 'replay.finished'],
  'score.ts score': holds,
  'score.ts explain': reads,
  'score.ts rescore': ['score.recomputed'],
  'sync.ts sync': ['sync.requested', 'deletion.confirmed'],
  'tenant.ts tenant': holds,
  'tenant.ts create': ['workspace.created'],
  'tenant.ts update': ['settings.changed', 'feature.switched'],
  'tenant.ts export': ['tenant.exported'],
  'tenant.ts list': reads,
  'user.ts user': holds,
  'user.ts create': ['account.created', 'staff.granted'],
  'webhook.ts webhook': holds,
  'webhook.ts register': ['webhook.registered'],
  'webhook.ts status': reads,
  'webhook.ts test': 'makes the provider send a notice; nothing is stored but that',
};

const listed: [string, string[], Record<string, Trace>][] = [
  ['form', listForms(), forms],
  ['writing request', listWritingRoutes(), routes],
  ['command', listCommands(), commands],
];

describe('what changes something leaves an event, or it is said why not', () => {
  it.each(listed)('every %s', (_what, found, traces) => {
    expect(found.length).toBeGreaterThan(5);
    expect(found.toSorted()).toEqual(Object.keys(traces).toSorted());
  });

  it('names events that exist, and code records each of them', () => {
    const named = listed.flatMap(([, , traces]) => Object.values(traces)).filter(Array.isArray);
    const known = Object.keys(auditActions);
    expect(known).toEqual(expect.arrayContaining(named.flat()));
    const recorded = listRecordedActions();
    expect(known.filter((action) => !recorded.has(action))).toEqual([]);
  });
});
