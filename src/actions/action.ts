import { z } from 'zod';
import type { Access, Role } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { requireRole } from '../middleware/guard.ts';
import type { Fields } from './form.ts';
import { getOwn } from '#lib/platform/own.ts';

/*
 * Each form of a page is an action: a guard checks that the user may submit it, a schema types its
 * fields, and one function of src/lib does the work. Astro's own actions are not used;
 * docs/decisions/0022-forms-in-src-actions.md explains why.
 */

/** Handles a submitted form. `who` is the user, as the guard of the page returned it. */
export type Action<Who, Answer> = (who: Who, fields: Fields) => Promise<Answer>;

/** Throws Problem when the user may not submit a form. */
export type Guard<Who> = (who: Who) => void;

/** The message for fields that none of our pages sends. */
export const foreignForm = 'This form does not belong to this page. Reload the page.';

/**
 * A text field. A missing one counts as empty: the function that does the work names the wrong
 * field, and the schema rejects only what nobody could have typed.
 */
export const text = z.string().default('');

/** An action with one handler. Fields that `input` rejects throw Problem `bad_request`. */
export function action<Who, Input extends z.ZodType, Answer>(
  input: Input,
  handler: (who: Who, input: z.output<Input>) => Promise<Answer>,
): Action<Who, Answer> {
  return async (who, fields) => handler(who, parseFields(input, fields));
}

/** The same action for users whom `guard` accepts; the guard runs first. */
export function guarded<Who, Answer>(
  guard: Guard<Who>,
  then: Action<Who, Answer>,
): Action<Who, Answer> {
  return async (who, fields) => {
    guard(who);
    return then(who, fields);
  };
}

/** A guard for `role` and above; `refusal` says what lower roles cannot do, and whom to ask. */
export function atLeast(role: Role, refusal?: string): Guard<Access> {
  return (access) => requireRole(access, role, refusal);
}

/** The actions of one page, selected by the button that submitted the form. */
export function byButton<Who, Answer>(
  actions: Record<string, Action<Who, Answer>>,
): Action<Who, Answer> {
  return async (who, fields) => {
    const pressed = getOwn(actions, buttonOf(fields));
    if (pressed === undefined) throw new Problem('bad_request', foreignForm);
    return pressed(who, fields);
  };
}

/** The button that submitted a form: the value of its `intent`. */
export function buttonOf(fields: Fields): string {
  return fields['intent'] ?? '';
}

/** Returns typed fields, or throws Problem `bad_request` with the schema's message. */
export function parseFields<Input extends z.ZodType>(
  input: Input,
  fields: Fields,
): z.output<Input> {
  const result = input.safeParse(fields);
  if (result.success) return result.data;
  throw new Problem('bad_request', result.error.issues[0]?.message ?? foreignForm);
}
