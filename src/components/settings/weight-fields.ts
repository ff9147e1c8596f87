import { z } from 'zod';
import { weightsSchema, type Weights } from '#lib/scoring/weights.ts';

/** A number of the form of the weights. */
interface WeightField {
  name: string;
  label: string;
  help: string;
  most: number;
}
export interface WeightGroup {
  title: string;
  help: string;
  fields: WeightField[];
}

const groupLabels: Record<keyof Weights, { title: string; help: string }> = {
  signals: {
    title: 'Signals',
    help: 'How much each weighs. The score is the share that a company has of what is known; what is unknown takes no part.',
  },
  weak: { title: 'Weak signals', help: 'Something is there, with something to mend.' },
  risks: { title: 'Risks', help: 'Points that are taken off.' },
  boosts: {
    title: 'Boosts',
    help: 'Points that are added, for the strongest referral of a company.',
  },
  segments: {
    title: 'Segments',
    help: 'Migration has its mail elsewhere than at Microsoft 365, Existing has it there. Skip receives no mail.',
  },
  priorities: { title: 'Priorities', help: 'From 1, the most urgent, to 6.' },
  sizes: { title: 'Company sizes', help: 'By the number of people.' },
};

const jsonSchemaSchema = z.object({
  properties: z.record(
    z.string(),
    z.object({
      properties: z.record(
        z.string(),
        z.object({ title: z.string(), description: z.string(), maximum: z.number() }),
      ),
    }),
  ),
});

/** The groups and fields of the form, as the schema of the weights has them. */
export function listWeightGroups(): WeightGroup[] {
  const { properties } = jsonSchemaSchema.parse(z.toJSONSchema(weightsSchema, { io: 'input' }));
  return (Object.keys(groupLabels) as (keyof Weights)[]).map((group) => ({
    ...groupLabels[group],
    fields: Object.entries(properties[group]?.properties ?? {}).map(
      ([name, { title, description, maximum }]) => ({
        name: `${group}.${name}`,
        label: title,
        help: description,
        most: maximum,
      }),
    ),
  }));
}

/** What each field holds, by its name. */
export function toWeightValues(weights: Weights): Record<string, string> {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([group, fields]) =>
      Object.entries(fields).map(([name, value]) => [`${group}.${name}`, String(value)]),
    ),
  );
}
