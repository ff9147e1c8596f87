import { mappingShape } from '#lib/conversion/schema/shape.ts';
import type { StepData } from '#lib/conversion/transformations/kit/steps.ts';

const write: StepData = { fn: 'text' };
const constant = (value: unknown): StepData => ({ fn: 'constant', args: { value } });
/** A field that is null where its value is of no use. */
const soft = (target: string, sources: string | string[], ...steps: StepData[]) => ({
  target,
  sources: [sources].flat(),
  steps,
  fallback: null,
});

const when = (path: string, values: unknown[], yes: StepData[], no: StepData[]): StepData => ({
  fn: 'conditional',
  args: { path, is: 'one-of', value: values, whenTrue: yes, whenFalse: no },
});

/**
 * Values that src/lib/mappings/derived-values.ts computes of a lead's row for Dynamics 365, by the
 * key of the catalogue.
 */
export const derivedValues = mappingShape.parse([
  soft('technicalHeat', 'score', {
    fn: 'bands',
    args: {
      bands: [
        { from: 40, to: 'Warm' },
        { from: 70, to: 'Hot' },
      ],
      below: 'Cold',
    },
  }),
  soft('opportunityStage', 'score', {
    fn: 'bands',
    args: {
      bands: [
        { from: 55, to: 'Qualify' },
        { from: 70, to: 'Develop' },
        { from: 85, to: 'Propose' },
      ],
    },
  }),
  soft('commercialHeat', 'priority', {
    fn: 'bands',
    args: {
      bands: [
        { from: 3, to: 'Medium' },
        { from: 5, to: 'Low' },
      ],
      below: 'High',
    },
  }),
  soft('priorityCategory', 'priority', { fn: 'template', args: { text: 'P{1}' } }),
  soft('website', ['website', 'domain'], {
    fn: 'conditional',
    args: {
      path: '[0]',
      is: 'equals',
      value: null,
      whenTrue: [{ fn: 'last' }, write, { fn: 'affix', args: { before: 'https://' } }],
      whenFalse: [{ fn: 'first' }],
    },
  }),
  soft('companyOrDomain', ['company', 'domain'], { fn: 'coalesce' }),
  soft('commercialSegment', ['segment', 'mailProvider', 'score'], {
    fn: 'conditional',
    args: {
      path: '[0]',
      is: 'one-of',
      value: ['Migration', 'Existing'],
      whenTrue: [
        when(
          '[0]',
          ['Migration'],
          [when('[1]', [null, 'self_hosted'], [constant('GREENFIELD')], [constant('COMPETITIVE')])],
          [
            {
              fn: 'conditional',
              args: {
                path: '[2]',
                is: 'at-least',
                value: 60,
                whenTrue: [constant('RENEWAL')],
                whenFalse: [constant('WEAK_PARTNER')],
              },
            },
          ],
        ),
      ],
      whenFalse: [when('[0]', ['Cold', 'Skip'], [constant('LOW_INTENT')], [constant(null)])],
    },
  }),
]);
