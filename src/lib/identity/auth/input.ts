import { z } from 'zod';
import { Problem } from '../../platform/errors.ts';
import { memberRoles } from './roles.ts';

/**
 * What somebody typed as an address, as addresses are stored; without NUL, which PostgreSQL accepts
 * in no text.
 */
export const toStoredEmail = (text: string): string =>
  text.trim().toLowerCase().replaceAll('\0', '');

/** E-mail addresses are compared and stored in lower case. */
export const emailField = z
  .string({ error: 'Enter an e-mail address.' })
  .trim()
  .toLowerCase()
  .pipe(
    z
      .email('Enter an e-mail address such as name@company.com.')
      .max(254, 'This e-mail address is too long.'),
  );

export const minPasswordLength = 12;
/** Bounds the time for hashing, which grows with the length. */
export const maxPasswordLength = 128;

export const newPasswordField = z
  .string({ error: 'Choose a password.' })
  .min(minPasswordLength, `Use at least ${minPasswordLength} characters.`)
  .max(maxPasswordLength, `Use at most ${maxPasswordLength} characters.`);

/**
 * A password that is compared and never stored. Any text is valid, because the password may date
 * from a time with other rules.
 */
export const currentPasswordField = z
  .string({ error: 'Enter your password.' })
  .min(1, 'Enter your password.')
  .max(1024, 'This is too long.');

export const nameField = z
  .string({ error: 'Enter a name.' })
  .trim()
  .min(1, 'Enter a name.')
  .max(120, 'Use at most 120 characters.')
  // Control characters would allow a name to add lines to a mail.
  .regex(/^\P{Cc}*$/u, 'Leave out line breaks and control characters.');

export const roleField = z.enum(memberRoles, { error: 'Choose viewer, member or admin.' });

export const slugField = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'This is not the address of a workspace.');

export const idField = z.uuid('This is not a known id.');

/** Details of a Problem about input: a message for each wrong field. */
export interface FieldErrors {
  fields: Record<string, string>;
}

/** The parsed input, or a Problem `bad_request` whose details name each wrong field. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  // Reversed, so that the first message about a field is the one that stays.
  const fields = Object.fromEntries(
    result.error.issues.toReversed().map(({ path, message }) => [path.join('.'), message]),
  );
  const first = result.error.issues[0]?.message ?? 'The input is not valid.';
  throw new Problem('bad_request', first, { fields } satisfies FieldErrors);
}

/** A Problem about one field that only the data reveals. */
export function fieldProblem(
  code: 'bad_request' | 'conflict' | 'unauthenticated' | 'forbidden',
  field: string,
  message: string,
): Problem {
  return new Problem(code, message, { fields: { [field]: message } } satisfies FieldErrors);
}
