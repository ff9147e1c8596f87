import { createTransport } from 'nodemailer';
import { config } from '../config.ts';
import { Problem } from '../errors.ts';
import { log } from '../log.ts';
import { safeMessage } from '../secrets.ts';
import type { Mail } from './templates.ts';

const timeoutMs = 15_000;

/**
 * Throws what a page can say when this server has no way to send mail. Call it before work that
 * ends in a mail.
 */
export function requireMail(): void {
  if (canSendMail()) return;
  log.error({ event: 'mail.not_configured' }, 'SMTP_URL is not set, so mails cannot be sent');
  throw new Problem(
    'unavailable',
    'This server cannot send e-mail yet. Contact your administrator for a link.',
  );
}

/**
 * Sends a mail through SMTP_URL. In the demo, which has none, its link appears on the console
 * instead.
 */
export async function sendMail(to: string, mail: Mail): Promise<void> {
  requireMail();
  const { SMTP_URL, MAIL_FROM } = config();
  if (SMTP_URL === undefined) return printMail(to, mail);
  const transport = createTransport({
    url: SMTP_URL,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: MAIL_FROM,
      to: { name: '', address: to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
    });
  } catch (error) {
    log.error(
      { event: 'mail.failed', kind: mail.kind, reason: safeMessage(error) },
      'A mail could not be sent',
    );
    throw new Problem('unavailable', 'The mail could not be sent. Try again in a few minutes.');
  } finally {
    transport.close();
  }
}

/**
 * Sends in the background, so that the answer takes equally long whether there is anybody to write
 * to.
 */
export function sendMailLater(to: string, mail: Mail): void {
  // The failure is in the log, and there is nobody left to tell.
  sendMail(to, mail).catch(() => {});
}

function canSendMail(): boolean {
  return config().SMTP_URL !== undefined || config().NODE_ENV !== 'production';
}

function printMail(to: string, mail: Mail): void {
  process.stdout.write(`\n  Mail to ${to}: ${mail.subject}\n  ${mail.link}\n\n`);
}
