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
    help:
      'How much each signal counts. A company scores its share of the known signals; ' +
      'unknown ones are left out.',
  },
  weak: { title: 'Weak signals', help: 'In place, but needs fixing.' },
  risks: { title: 'Risks', help: 'Points subtracted.' },
  boosts: {
    title: 'Boosts',
    help: "Points added for a company's strongest referral.",
  },
  segments: {
    title: 'Segments',
    help:
      'Migration: mail is hosted outside Microsoft 365. Existing: mail is on Microsoft 365. ' +
      'Skip: receives no mail.',
  },
  priorities: { title: 'Priorities', help: 'From 1 (most urgent) to 6.' },
  sizes: { title: 'Company sizes', help: 'By number of people.' },
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
