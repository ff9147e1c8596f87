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
 * their parameters.
 */
export function safeMessage(error: unknown): string {
  return scrub(withoutStatement(error));
}

/**
 * Replaces the message of a failed query, which is its SQL with all values, by that of its cause.
 */
function withoutStatement(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!error.message.startsWith('Failed query:')) return error.message;
  const reason = error.cause instanceof Error ? error.cause.message : 'unknown reason';
  return `The database rejected a statement: ${reason}`;
}
