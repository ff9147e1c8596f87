import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { fact, firstOf, instant, orElse } from '../../kit/mapping.ts';
import { customField } from '../custom-field.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { lookUpStage, NEW_LEAD, toStageName, UNKNOWN_STAGE } from '../stages.ts';
import { formatPersonName } from '../values.ts';
import { requireId } from './require-id.ts';
import { amount, choice, give, label, sourceLabel } from './steps.ts';

type Context = ItemContext<ClientTetherSettings>;

/**
 * Facts of an opportunity: `person`, the name unless it is a placeholder, and `outcome` and
 * `likelyPct` of its stage.
 */
export function interpretOpportunity(
  item: unknown,
  { settings }: Context,
): Interpretation<'opportunity'> {
  const deal = readItem('opportunity', item);
  return {
    keys: { externalId: requireId(deal.opportunity_id, 'opportunity') },
    facts: {
      person: formatPersonName(deal.firstName, deal.lastName),
      ...lookUpStage(toStageName(deal.contact_sales_cycle), settings),
    },
  };
}

/** An opportunity; the settings name the fields that the hot list needs. */
export const opportunityMapping = ({
  settings,
  currency,
}: Pick<Context, 'settings' | 'currency'>): MappingSchema => [
  instant('sourceCreatedAt', 'created', settings.timeZone),
  instant('sourceUpdatedAt', 'last_modified_date', settings.timeZone),
  orElse(firstOf('name', ['@person', 'compName'], choice), 'Unnamed opportunity'),
  firstOf('company', 'compName', choice),
  sourceLabel('contact_lead_source', settings),
  orElse(firstOf('stage', 'contact_sales_cycle', label), NEW_LEAD),
  fact('outcome', 'outcome'),
  amount('value', 'deal_size', currency),
  firstOf('market', customField(settings.fields.market), choice),
  units(settings.fields.units),
  amount('franchiseFee', settings.fields.franchiseFee, currency),
  likelihood(settings.fields.likelihood),
];

/** Units of an opportunity whose field is blank. */
const UNITS_WHEN_BLANK = 1;
/** More units than any opportunity is about. */
const MAX_UNITS = 10_000;

/** A whole number such as "3" or "3.0". */
const units = (field: string): FieldSchema =>
  orElse(
    firstOf('units', customField(field), [
      { fn: 'text' },
      { fn: 'trim' },
      { fn: 'regex-extract', args: { pattern: '^(\\d+)(?:\\.0*)?$', group: 1 } },
      { fn: 'number-parse' },
      { fn: 'conditional', args: { is: 'above', value: MAX_UNITS, whenTrue: [give(null)] } },
    ]),
    UNITS_WHEN_BLANK,
  );

/** A person's estimate applies while the deal is open; once decided, the outcome is certain. */
function likelihood(field: string): FieldSchema {
  const estimates = customField(field);
  const part = (position: number) => ({ fn: 'path', args: { path: `[${position}]` } });
  const ofStage = part(estimates.length + 1);
  return {
    target: 'likelyPct',
    sources: ['@outcome', ...estimates, '@likelyPct'],
    steps: [
      {
        fn: 'conditional',
        args: {
          path: '[0]',
          is: 'equals',
          value: 'open',
          whenTrue: [
            {
              fn: 'alternatives',
              args: {
                ways: [
                  ...estimates.map((_path, at) => [part(at + 1), { fn: 'percent' }]),
                  [ofStage],
                ],
              },
            },
          ],
          whenFalse: [ofStage],
        },
      },
    ],
    fallback: UNKNOWN_STAGE.likelyPct,
  };
}
