import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { parseWeights, saveWeights } from '#lib/scoring/models.ts';
import { previewScoring, type ScoringPreview } from '#lib/views/scoring.ts';
import { action, atLeast, byButton, guarded, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** What the form of the scoring page has shown besides its fields. */
export interface ScoringDraft {
  /** What was typed, as long as it was not saved. */
  values?: Fields;
  preview?: ScoringPreview;
}

/**
 * Weights are called `<group>.<name>`. One that is left empty or holds no number becomes NaN, which
 * the verb refuses by the name of its field.
 */
const weightsForm = z.record(z.string(), z.string()).transform((fields) => {
  const weights: Record<string, Record<string, number>> = {};
  for (const [key, value] of Object.entries(fields)) {
    const [group = '', name] = key.split('.');
    if (name !== undefined)
      (weights[group] ??= {})[name] = value.trim() === '' ? Number.NaN : Number(value);
  }
  return weights;
});

/** `basedOn` is the version that was edited; the verb refuses what is none. */
const saveForm = z
  .object({ note: text, basedOn: z.coerce.number().catch(Number.NaN) })
  .catchall(z.string())
  .transform(({ note, basedOn, ...more }) => ({
    note,
    basedOn,
    weights: weightsForm.parse(more),
  }));

/** A preview is drawn by the page; saved weights lead back to it. */
const change = guarded(
  atLeast('admin'),
  byButton<Access, ScoringPreview | Response>({
    preview: action(weightsForm, ({ tenant }, weights) =>
      previewScoring(tenant.id, parseWeights(weights)),
    ),
    save: action(saveForm, async ({ tenant, user }, model) => {
      await saveWeights(tenant.id, { ...model, by: user.id });
      return redirectAfterPost(`/w/${tenant.slug}/settings/scoring?done=save`);
    }),
  }),
);

/** One of the buttons of the scoring page. What was typed and a preview go into `draft`. */
export async function submitScoring(
  access: Access,
  fields: Fields,
  draft: ScoringDraft,
): Promise<Response | undefined> {
  draft.values = fields;
  const answer = await change(access, fields);
  if (answer instanceof Response) return answer;
  draft.preview = answer;
  return undefined;
}
