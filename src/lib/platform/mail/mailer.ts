import { config } from '../config.ts';
import { Problem } from '../errors.ts';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import type { Mail } from './templates.ts';

/** Bounds each step of a delivery: connecting, the greeting, and silence in between. */
const timeoutMs = 15_000;

/**
 * Throws Problem `unavailable` when SMTP is not set up. Call it before work that ends in a mail.
 */
export function requireMail(): void {
  if (canSendMail()) return;
  log.error({ event: 'mail.not_configured' }, 'SMTP_URL is not set, so mails cannot be sent');
  throw new Problem(
    'unavailable',
    'This server cannot send e-mail yet. Ask your administrator for a link.',
  );
}

/** Sends a mail through SMTP_URL. The demo has none and prints the link to the console instead. */
export async function sendMail(to: string, mail: Mail): Promise<void> {
  requireMail();
  const { SMTP_URL, MAIL_FROM } = config();
  if (SMTP_URL === undefined) return printMail(to, mail);
  const transport = await openTransport(SMTP_URL);
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
      { event: 'mail.failed', kind: mail.kind, reason: safeReason(error) },
      'A mail could not be sent',
    );
    throw new Problem('unavailable', 'The e-mail could not be sent. Try again in a few minutes.');
  } finally {
    transport.close();
  }
}

/** Sends in the background, so that the response time does not reveal whether a mail is sent. */
export function sendMailLater(to: string, mail: Mail): void {
  // The failure is logged, and no caller is left to handle it.
  sendMail(to, mail).catch(() => {});
}

/**
 * Like `sendMailLater`, for mails that only tell what has happened. Without SMTP_URL nothing is
 * sent: the console of the demo is for the links that people need.
 */
export function sendNoticeLater(to: string, mail: Mail): void {
  if (config().SMTP_URL !== undefined) return sendMailLater(to, mail);
  log.info({ event: 'mail.skipped', kind: mail.kind }, 'SMTP_URL is not set, so nobody is told');
}

/** Loads the mailer with the first mail: most processes start sooner, and never send one. */
async function openTransport(url: string) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function canSendMail(): boolean {
  return config().SMTP_URL !== undefined || config().NODE_ENV !== 'production';
}

function printMail(to: string, mail: Mail): void {
  process.stdout.write(`\n  Mail to ${to}: ${mail.subject}\n  ${mail.link}\n\n`);
}
