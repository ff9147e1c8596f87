import { toCauseText, toErrorText } from './error-text.ts';

/** The secrets in use in this process, which must not appear in any text that leaves it. */
const registeredSecrets = new Set<string>();
/** Shorter secrets are not scrubbed: they would match parts of ordinary words. */
const minLength = 6;

/** Registers a secret for scrubbing, also in its URL-encoded and base64 forms. */
export function registerSecret(secret: string): void {
  if (secret.length < minLength) return;
  registeredSecrets.add(secret);
  registeredSecrets.add(encodeURIComponent(secret));
  registeredSecrets.add(Buffer.from(secret).toString('base64'));
}

const urlPassword = /(\w+:\/\/[^\s:/@]*):[^\s/@]+@/g;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/** Replaces registered secrets, passwords in URLs and authorization values by [secret]. */
export function scrub(text: string): string {
  let clean = text.replace(urlPassword, '$1:[secret]@').replace(bearer, '$1 [secret]');
  for (const secret of registeredSecrets) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
  }
  return clean;
}

/**
 * The message of anything thrown, safe to log, store and show: without secrets, SQL statements and
 * their parameters. Never empty.
 */
export function safeMessage(error: unknown): string {
  return scrub(toErrorText(error));
}

/**
 * Like `safeMessage`, followed by the causes: for the field `reason` of a log line, whose reader
 * looks for what is behind a message.
 */
export function safeReason(error: unknown): string {
  return scrub(toCauseText(error));
}
