/** A mail with one link, as plain text and as simple HTML. */
export interface Mail {
  kind: 'reset' | 'invitation' | 'notice' | 'alert';
  subject: string;
  link: string;
  text: string;
  html: string;
}

/** For setting a new password. The link is valid for `minutes`. */
export function resetMail(link: string, minutes: number): Mail {
  return compose('reset', 'Set a new password for Tributary', link, 'Set a new password', [
    'Someone, probably you, requested a new password for your Tributary account.',
    `The link can be used once, within ${minutes} minutes. ` +
      'If you did not request it, you can ignore this e-mail; your password has not changed.',
  ]);
}

export interface InvitationFacts {
  workspace: string;
  inviter: string;
  role: string;
  days: number;
}

/** For joining a workspace. */
export function invitationMail(
  link: string,
  { workspace, inviter, role, days }: InvitationFacts,
): Mail {
  return compose('invitation', `Join ${workspace} on Tributary`, link, 'Accept the invitation', [
    `${inviter} invites you to the workspace ${workspace} as ${role}.`,
    `The link can be used once, within ${days} days, and only with this e-mail address.`,
  ]);
}

/**
 * For the owner of an account: what was changed about it. The link leads to the account page, which
 * asks to sign in.
 */
export function noticeMail(subject: string, link: string, lines: string[]): Mail {
  return compose('notice', subject, link, 'Look at your account', lines);
}

/** For operators: an alert or a recovery. `lines` are further paragraphs. */
export function alertMail(subject: string, link: string, lines: string[]): Mail {
  return compose('alert', subject, link, 'Look at all alerts', lines);
}

const BODY_STYLE = 'margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1b1f23';
const BUTTON_STYLE =
  'display:inline-block;padding:10px 16px;border-radius:6px;' +
  'background:#1f4fd8;color:#fff;text-decoration:none';

function compose(
  kind: Mail['kind'],
  subject: string,
  link: string,
  action: string,
  paragraphs: string[],
): Mail {
  const [first = '', ...rest] = paragraphs;
  const html = `<!doctype html><html lang="en"><body style="${BODY_STYLE}">
<p>${escapeHtml(first)}</p>
<p><a href="${escapeHtml(link)}" style="${BUTTON_STYLE}">${escapeHtml(action)}</a></p>
${rest.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
<p style="color:#57606a">If the button does not work, open this address:<br>${escapeHtml(link)}</p>
</body></html>`;
  return { kind, subject, link, text: [first, link, ...rest, ''].join('\n\n'), html };
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
