import { tableStep } from '#lib/conversion/schema/table.ts';
import type {
  FieldMapping,
  TargetField,
  TargetMetadata,
} from '#lib/connectors/contract/destination.ts';

export const field = (name: string, more: Partial<TargetField> = {}): TargetField => ({
  name,
  label: name.toUpperCase(),
  type: 'text',
  required: false,
  creatable: true,
  updatable: true,
  maxLength: 20,
  min: null,
  max: null,
  options: null,
  ...more,
});
const none = { label: 'record', fields: [], keys: [] };
export const metadata: TargetMetadata = {
  objects: {
    company: none,
    contact: none,
    deal: none,
    lead: {
      ...none,
      label: 'lead',
      fields: [
        field('lastname', { required: true }),
        field('firstname'),
        field('companyname'),
        field('telephone1'),
        field('amount', { type: 'money', maxLength: null }),
        field('score', { type: 'integer', min: 0, max: 100 }),
        field('owner', { type: 'lookup' }),
        field('createdon', { creatable: false, updatable: false, type: 'datetime' }),
        field('stage', {
          type: 'option',
          options: [
            { value: 1, label: 'New' },
            { value: 2, label: 'In touch' },
          ],
        }),
        field('size', { type: 'option', options: [{ value: 7, label: 'Small' }] }),
      ],
    },
  },
};
/** A row that one of our fields fills, or behind "=" a fixed text; nothing does where it is empty. */
export const row = (
  target: string,
  source: string,
  more: Partial<FieldMapping> = {},
): FieldMapping => ({
  role: 'lead',
  target,
  sources: source === '' || source.startsWith('=') ? [] : [source],
  steps: source.startsWith('=') ? [{ fn: 'constant', args: { value: source.slice(1) } }] : [],
  rule: 'ask',
  ...more,
});
export const labels = (words: Record<string, string>): Pick<FieldMapping, 'steps'> => ({
  steps: [tableStep(Object.entries(words).map(([from, to]) => ({ from, to })))],
});
export const named = row('lastname', 'lastName');
