import type { Problem } from '#lib/platform/errors.ts';

/** What a form shows: what was typed, and what was wrong with it. */
export interface FormState {
  /** Kept for the person to correct; never passwords or codes. */
  values: Record<string, string>;
  /** What is wrong with a field, by its name. */
  errors: Record<string, string>;
  problem: Problem | null;
}

/** What a page says after a form did its work. */
export interface Notice {
  tone: 'good' | 'warn';
  text: string;
}

/** A form that nobody has sent yet, or that has done its work. */
export const cleanForm = (): FormState => ({ values: {}, errors: {}, problem: null });

/** The message for the whole form: none when a field says it already. */
export function formMessage({ problem, errors }: FormState): string | null {
  return problem === null || Object.keys(errors).length > 0 ? null : problem.message;
}

/** The field to start in: the first wrong one, else `first`. */
export function focusOf(
  { errors, problem }: FormState,
  order: readonly string[],
  first?: string,
): string | undefined {
  return (
    order.find((name) => Object.hasOwn(errors, name)) ?? (problem === null ? first : order.at(-1))
  );
}
