import { sendNoticeLater } from '../../platform/mail/mailer.ts';
import { noticeMail } from '../../platform/mail/templates.ts';
import { currentActor } from '../audit/context.ts';
import { publicUrl } from './public-url.ts';

interface Notice {
  subject: string;
  /** What happened, as a full sentence. */
  what: string;
  /** What to do about it. */
  advice: string;
}

const ifNotYou =
  'If this was you, there is nothing to do. If it was not, somebody else may know your password: ' +
  'set a new one at once with “Forgot your password?” on the sign-in page, then look at where you ' +
  'are signed in, and tell the admin of your workspace.';
const ifUnexpected =
  'If you did not expect this, ask the admin of your workspace or the agency that runs it.';

const notices = {
  'sign_in.new_browser': {
    subject: 'Sign-in with a new browser',
    what:
      'Somebody signed in to your Tributary account with a browser that has not been used for it ' +
      'since the last change of the password, or whose cookies were deleted.',
    advice: ifNotYou,
  },
  'password.changed': {
    subject: 'Your password was changed',
    what: 'The password of your Tributary account was changed. All other devices were signed out.',
    advice: ifNotYou,
  },
  'password.reset': {
    subject: 'Your password was reset',
    what:
      'A new password was set for your Tributary account with a link from an e-mail. ' +
      'All devices were signed out.',
    advice: ifNotYou,
  },
  'two_factor.enabled': {
    subject: 'Two-step sign-in was turned on',
    what:
      'Signing in to your Tributary account now takes a code from an authenticator app. ' +
      'All other devices were signed out.',
    advice: ifNotYou,
  },
  'two_factor.disabled': {
    subject: 'Two-step sign-in was turned off',
    what:
      'Signing in to your Tributary account no longer takes a code, only the password. ' +
      'All other devices were signed out.',
    advice: ifNotYou,
  },
  'two_factor.codes_renewed': {
    subject: 'Your backup codes were replaced',
    what: 'New backup codes were made for your Tributary account. The old ones no longer work.',
    advice: ifNotYou,
  },
  'two_factor.code_used': {
    subject: 'A backup code was used',
    what: 'One of the backup codes of your Tributary account was used. It will not work again.',
    advice: ifNotYou,
  },
  'two_factor.reset': {
    subject: 'Two-step sign-in was reset',
    what:
      'Two-step sign-in was removed from your Tributary account, and all devices were signed out. ' +
      'You can set it up again after signing in with your password.',
    advice: ifUnexpected,
  },
  'sessions.ended': {
    subject: 'You were signed out everywhere',
    what: 'All devices that were signed in to your Tributary account were signed out.',
    advice: ifUnexpected,
  },
  'account.disabled': {
    subject: 'Your account was disabled',
    what: 'Your Tributary account was disabled. Nobody can sign in with it until it is enabled again.',
    advice: ifUnexpected,
  },
  'account.enabled': {
    subject: 'Your account was enabled again',
    what: 'Your Tributary account was enabled again. You can sign in with your password.',
    advice: ifUnexpected,
  },
  'account.deleted': {
    subject: 'Your account was deleted',
    what: 'Your Tributary account was deleted, with its access to all workspaces.',
    advice: ifUnexpected,
  },
} satisfies Record<string, Notice>;

/**
 * Tells the owner of an account by mail what was changed about it, when, by whom and from where.
 * Call it once the change is committed. The mail is sent in the background, and a failure is only
 * logged: it must not undo the change.
 */
export function notifyOwner(
  account: { id: string; email: string },
  notice: keyof typeof notices,
): void {
  send(account, notices[notice]);
}

/** Tells a member about a new role. */
export function notifyOfRole(
  account: { id: string; email: string },
  workspace: string,
  role: string,
): void {
  send(account, {
    subject: `Your role in ${workspace} was changed`,
    what: `Your role in the workspace ${workspace} is now ${role}.`,
    advice: ifUnexpected,
  });
}

/** Tells a person that they are no longer a member. */
export function notifyOfRemoval(account: { id: string; email: string }, workspace: string): void {
  send(account, {
    subject: `You were removed from ${workspace}`,
    what: `You no longer have access to the workspace ${workspace}.`,
    advice: ifUnexpected,
  });
}

function send(account: { id: string; email: string }, { subject, what, advice }: Notice): void {
  const mail = noticeMail(subject, publicUrl('/account'), [what, describeOrigin(account), advice]);
  sendNoticeLater(account.email, mail);
}

const format = new Intl.DateTimeFormat('en', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** Where the owner acted from, else only who acted: the network of others is not theirs to know. */
function describeOrigin({ id }: { id: string }): string {
  const when = `This happened on ${format.format(new Date())} UTC`;
  const { kind, id: actorId, label, address } = currentActor();
  if (kind === 'operator') return `${when}, by an operator of the server.`;
  if (actorId !== null && actorId !== id)
    return label === null ? `${when}.` : `${when}, by ${label}.`;
  return address === null ? `${when}.` : `${when}, from the address ${address}.`;
}
