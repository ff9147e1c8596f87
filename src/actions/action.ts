import { z } from 'zod';
import type { Access, Role } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { requireRole } from '../middleware/guard.ts';
import type { Fields } from './form.ts';

/*
 * A form of a page is an action: its fields come in, a guard says whether this person may send it, a
 * schema gives the fields their types, one verb of lib does the work. Astro's own actions are not
 * used; docs/decisions/0022-forms-in-src-actions.md says why.
 */

/** Does what a form asks for. `who` sent it, as the guard of the page found out. */
export type Action<Who, Answer> = (who: Who, fields: Fields) => Promise<Answer>;

/** Refuses who may not send a form, by a Problem. */
export type Guard<Who> = (who: Who) => void;

/** What is told of fields that no page of ours sends. */
export const foreignForm = 'This form does not belong to this page. Reload the page.';

/**
 * A text field. One that is missing counts as empty: a verb tells the person which field is wrong,
 * and the schema only refuses what no person could have typed.
 */
export const text = z.string().default('');

/** An action of one verb. Fields that `input` refuses are a Problem `bad_request` about the form. */
export function action<Who, Input extends z.ZodType, Answer>(
  input: Input,
  handler: (who: Who, input: z.output<Input>) => Promise<Answer>,
): Action<Who, Answer> {
  return async (who, fields) => handler(who, parseFields(input, fields));
}

/** The same action for those whom `guard` lets through; it looks at nothing before. */
export function guarded<Who, Answer>(
  guard: Guard<Who>,
  then: Action<Who, Answer>,
): Action<Who, Answer> {
  return async (who, fields) => {
    guard(who);
    return then(who, fields);
  };
}

/** A guard for `role` and above; `refusal` tells what the others cannot do, and whom to ask. */
export function atLeast(role: Role, refusal?: string): Guard<Access> {
  return (access) => requireRole(access, role, refusal);
}

/** The actions of one page, told apart by the button that sent the form. */
export function byButton<Who, Answer>(
  actions: Record<string, Action<Who, Answer>>,
): Action<Who, Answer> {
  return async (who, fields) => {
    const button = buttonOf(fields);
    const pressed = Object.hasOwn(actions, button) ? actions[button] : undefined;
    if (pressed === undefined) throw new Problem('bad_request', foreignForm);
    return pressed(who, fields);
  };
}

/** The button that sent a form: the value of its `intent`. */
export function buttonOf(fields: Fields): string {
  return fields['intent'] ?? '';
}

/** Fields with their types, else a Problem `bad_request` with the schema's message. */
export function parseFields<Input extends z.ZodType>(
  input: Input,
  fields: Fields,
): z.output<Input> {
  const result = input.safeParse(fields);
  if (result.success) return result.data;
  throw new Problem('bad_request', result.error.issues[0]?.message ?? foreignForm);
}
