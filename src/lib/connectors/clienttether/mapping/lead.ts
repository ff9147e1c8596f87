import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { fact, firstOf, instant, orElse } from '../../kit/mapping.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { lookUpStage, NEW_LEAD, toStageName } from '../stages.ts';
import { formatPersonName } from '../values.ts';
import { requireId } from './require-id.ts';
import { amount, choice, give, label, personName, plainText, sourceLabel, test } from './steps.ts';

type Context = ItemContext<ClientTetherSettings>;

/**
 * Facts of a client: `person`, the name unless it is a placeholder, and `outcome` and `likelyPct`
 * of its stage.
 */
export function interpretLead(item: unknown, { settings }: Context): Interpretation<'lead'> {
  const lead = readItem('lead', item);
  return {
    keys: { externalId: requireId(lead.client_id, 'lead') },
    facts: {
      person: formatPersonName(lead.firstName, lead.lastName),
      ...lookUpStage(toStageName(lead.clients_sales_cycle), settings),
    },
  };
}

/** A client of ClientTether as a lead. */
export const leadMapping = ({
  settings,
  currency,
}: Pick<Context, 'settings' | 'currency'>): MappingSchema => [
  instant('sourceCreatedAt', 'created', settings.timeZone),
  instant('sourceUpdatedAt', 'last_modified_date', settings.timeZone),
  orElse(firstOf('name', ['@person', 'compName', 'email'], choice), 'Unnamed lead'),
  partOfName('firstName'),
  partOfName('lastName'),
  firstOf('company', 'compName', choice),
  firstOf('email', 'email', choice),
  firstOf('phone', 'phone', choice),
  firstOf('city', 'city', choice),
  firstOf('state', 'state', choice),
  sourceLabel('clients_lead_source', settings),
  orElse(firstOf('status', 'clients_sales_cycle', label), NEW_LEAD),
  fact('qualified', 'likelyPct', [test('at-least', settings.qualifyingPct)]),
  amount('dealValue', 'deal_size', currency),
  firstOf('assignedTo', 'assigned_user', personName),
  firstOf('summary', 'whiteboard', plainText),
];

/** The parts of a placeholder such as "No Name" and "Text Added" are no names either. */
const partOfName = (name: 'firstName' | 'lastName') => ({
  target: name,
  sources: ['@person', name],
  steps: [
    {
      fn: 'conditional',
      args: {
        path: '[0]',
        is: 'blank',
        whenTrue: [give(null)],
        whenFalse: [{ fn: 'path', args: { path: '[1]' } }, ...choice],
      },
    },
  ],
  fallback: null,
});
