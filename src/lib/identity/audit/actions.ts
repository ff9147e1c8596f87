/**
 * Every kind of event in the audit log, with the words that its page shows. A name is
 * `<noun>.<past participle>`; the part before the dot is the group by which the page filters.
 */
const auditActions = {
  'sign_in.succeeded': 'Signed in',
  'sign_in.failed': 'Failed to sign in',
  'sign_in.locked': 'Sign-in was blocked after too many attempts',
  'sign_in.ended': 'Signed out',
  'password.changed': 'Changed the password',
  'password.reset_requested': 'Asked for a link to reset the password',
  'password.reset': 'Reset the password by a link',
  'two_factor.enabled': 'Turned two-step sign-in on',
  'two_factor.disabled': 'Turned two-step sign-in off',
  'two_factor.codes_renewed': 'Renewed the backup codes',
  'two_factor.failed': 'Entered a wrong code',
  'session.revoked': 'Signed a device out',
  'session.revoked_others': 'Signed all other devices out',
  'account.created': 'Created an account',
  'account.renamed': 'Changed their name',
  'staff.granted': 'Gave staff access',
  'staff.revoked': 'Withdrew staff access',
  'member.added': 'Added a member',
  'member.role_changed': "Changed a member's role",
  'member.removed': 'Removed a member',
  'invitation.sent': 'Invited a person',
  'invitation.withdrawn': 'Withdrew an invitation',
  'invitation.accepted': 'Accepted an invitation',
  'workspace.entered': 'Entered the workspace as staff',
  'workspace.created': 'Created the workspace',
  'settings.changed': 'Changed the settings',
  'feature.switched': 'Switched a feature',
  'person.erased': 'Erased a person',
  'person.readmitted': 'Let an erased person in again',
} as const;

export type AuditAction = keyof typeof auditActions;
