import type { Access } from '#lib/identity/auth/access.ts';
import { parseWeights, saveWeights } from '#lib/scoring/models.ts';
import { Problem } from '#lib/platform/errors.ts';
import { scoringPreview, type ScoringPreview } from '#lib/views/scoring.ts';
import { seeOther, type Fields } from './form.ts';

/** What the form of the scoring page has shown besides its fields. */
export interface ScoringDraft {
  /** What was typed, as long as it was not saved. */
  values?: Fields;
  preview?: ScoringPreview;
}

/** A preview goes into `draft`; saved weights lead back to the page. */
export async function submitScoring(
  { tenant, user }: Access,
  fields: Fields,
  draft: ScoringDraft,
): Promise<Response | undefined> {
  const { intent, note = '', basedOn } = fields;
  draft.values = fields;
  if (intent === 'preview') {
    draft.preview = await scoringPreview(tenant.id, parseWeights(numbersOf(fields)));
    return undefined;
  }
  if (intent !== 'save')
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  await saveWeights(tenant.id, {
    weights: numbersOf(fields),
    note,
    basedOn: Number(basedOn),
    by: user.id,
  });
  return seeOther(`/w/${tenant.slug}/settings/scoring?done=save`);
}

/**
 * Fields called `<group>.<name>`, by group; what is left empty or holds no number is refused by its
 * own field.
 */
function numbersOf(fields: Fields): Record<string, Record<string, number>> {
  const weights: Record<string, Record<string, number>> = {};
  for (const [key, value] of Object.entries(fields)) {
    const [group = '', name] = key.split('.');
    if (name !== undefined)
      (weights[group] ??= {})[name] = value.trim() === '' ? Number.NaN : Number(value);
  }
  return weights;
}
