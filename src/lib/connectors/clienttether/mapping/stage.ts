import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { fact, firstOf } from '../../kit/mapping.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { NEW_LEAD, lookUpStage, toStageName } from '../stages.ts';
import { requireId } from './require-id.ts';
import { label, test, written } from './steps.ts';

/** The id that a public form plug-in for ClientTether uses for the stage of new leads. */
const NEW_LEAD_ID = '-1';

/** Facts of a step of the sales cycle: its `outcome` and `likelyPct`. */
export function interpretStage(
  item: unknown,
  { settings }: ItemContext<ClientTetherSettings>,
): Interpretation<'stage'> {
  const stage = readItem('salesCycle', item);
  return {
    keys: { externalId: requireId(stage.sales_cycle_id, 'stage') },
    facts: { ...lookUpStage(toStageName(stage.sales_cycle_name), settings) },
  };
}

/** A step of the sales cycle; its position in the list is its position in the pipeline. */
export const stageMapping = (): MappingSchema => [
  firstOf('name', 'sales_cycle_name', label),
  {
    target: 'active',
    sources: ['sales_cycle_active_status'],
    steps: [...written, { fn: 'default', args: { value: '1' } }, test('equals', '1')],
    fallback: true,
  },
  fact('position', 'index'),
  fact('outcome', 'outcome'),
  fact('likelyPct', 'likelyPct'),
];

/**
 * Puts the stage "New Lead" in front unless it is listed: new clients have a blank stage, so
 * ClientTether need not list one for them.
 */
export function addNewLead(items: unknown[]): unknown[] {
  if (items.some(isNewLead)) return items;
  return [
    { sales_cycle_id: NEW_LEAD_ID, sales_cycle_name: NEW_LEAD, sales_cycle_active_status: '1' },
    ...items,
  ];
}

function isNewLead(item: unknown): boolean {
  const name = toStageName(readItem('salesCycle', item).sales_cycle_name);
  return name.toLowerCase() === NEW_LEAD.toLowerCase();
}
