import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { parseWeights, saveWeights } from '#lib/scoring/models.ts';
import { previewScoring, type ScoringPreview } from '#lib/views/scoring.ts';
import { action, atLeast, byButton, guarded, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** What the form has shown besides its fields. */
export interface ScoringDraft {
  /** The entered values, until they are saved. */
  values?: Fields;
  preview?: ScoringPreview;
}

/**
 * Weights are named `<group>.<name>`. An empty one, or one that is no number, becomes NaN, which
 * the validation rejects by its field.
 */
const weightsForm = z.record(z.string(), z.string()).transform((fields) => {
  const weights = Object.entries(fields).flatMap(([key, value]) => {
    const [group = '', name] = key.split('.');
    return name === undefined
      ? []
      : [{ group, name, weight: value.trim() === '' ? Number.NaN : Number(value) }];
  });
  return Object.fromEntries(
    [...Map.groupBy(weights, ({ group }) => group)].map(([group, members]) => [
      group,
      Object.fromEntries(members.map(({ name, weight }) => [name, weight])),
    ]),
  );
});

/** `basedOn` is the version that was edited; `saveWeights` rejects an unknown one. */
const saveForm = z
  .object({ note: text, basedOn: z.coerce.number().catch(Number.NaN) })
  .catchall(z.string())
  .transform(({ note, basedOn, ...more }) => ({
    note,
    basedOn,
    weights: weightsForm.parse(more),
  }));

/** Returns a preview for the page to render, or redirects after saving. */
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

/** Handles the buttons of the scoring page. Entered values and a preview are stored in `draft`. */
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
