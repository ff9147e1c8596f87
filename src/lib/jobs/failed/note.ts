import { z } from 'zod';
import { fieldProblem } from '../../identity/auth/input.ts';
import { isStorable } from '../../records/text.ts';

const noteField = z.string().trim().min(1).max(500).refine(isStorable);

/**
 * Why something is discarded, in the person's words: whoever finds it missing later must be able to
 * read it.
 */
export function requireNote(text: string): string {
  const note = noteField.safeParse(text);
  if (!note.success)
    throw fieldProblem(
      'bad_request',
      'note',
      'Say in up to 500 characters why it is discarded: others will look for it.',
    );
  return note.data;
}
