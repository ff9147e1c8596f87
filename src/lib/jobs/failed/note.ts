import { z } from 'zod';
import { fieldProblem } from '../../identity/auth/input.ts';
import { isStorable } from '../../records/text.ts';

const noteField = z.string().trim().min(1).max(500).refine(isStorable);

/** The reason for discarding something, which tells others later why it is missing. */
export function requireNote(text: string): string {
  const note = noteField.safeParse(text);
  if (!note.success)
    throw fieldProblem(
      'bad_request',
      'note',
      'Enter a reason of up to 500 characters, so that others know why it was discarded.',
    );
  return note.data;
}
