/** Secrets that are in use in this process, so that no text that leaves it can hold one. */
const registeredSecrets = new Set<string>();
const minLength = 6;

/** Registers a secret for scrubbing, in the spellings in which it could turn up. */
export function registerSecret(secret: string): void {
  if (secret.length < minLength) return;
  registeredSecrets.add(secret);
  registeredSecrets.add(encodeURIComponent(secret));
  registeredSecrets.add(Buffer.from(secret).toString('base64'));
}

const urlPassword = /(\w+:\/\/[^\s:/@]*):[^\s/@]+@/g;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/** Replaces live secrets, passwords in URLs and authorization values by a mark. */
export function scrub(text: string): string {
  let clean = text.replace(urlPassword, '$1:[secret]@').replace(bearer, '$1 [secret]');
  for (const secret of registeredSecrets) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
  }
  return clean;
}

/**
 * The message of anything thrown, safe to log, store and show: no secret, and no statement with its
 * parameters.
 */
export function safeMessage(error: unknown): string {
  return scrub(withoutStatement(error));
}

/**
 * A failed query's message is its SQL with the values in it; what the database said stands in its
 * cause.
 */
function withoutStatement(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!error.message.startsWith('Failed query:')) return error.message;
  return `The database refused a statement: ${error.cause instanceof Error ? error.cause.message : 'unknown reason'}`;
}
