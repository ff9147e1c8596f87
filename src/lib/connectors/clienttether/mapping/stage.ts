import type { StageRecord } from '../../../records/stage.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { NEW_LEAD, lookUpStage, toStageName } from '../stages.ts';
import { parseChoice } from '../values.ts';
import { requireId } from './shared.ts';

/**
 * The id under which a public form plug-in for ClientTether lists the stage that new leads are in.
 */
const NEW_LEAD_ID = '-1';

/** A step of the sales cycle; its place in the list is its place in the pipeline. */
export function mapStage(
  item: unknown,
  { settings, index }: MapContext<ClientTetherSettings>,
): StageRecord {
  const stage = readItem('salesCycle', item);
  if (parseChoice(stage.sales_cycle_name) === null)
    throw new RecordRejected('The stage has no name.');
  const name = toStageName(stage.sales_cycle_name);
  return {
    externalId: requireId(stage.sales_cycle_id, 'stage'),
    name,
    active: stage.sales_cycle_active_status === null || stage.sales_cycle_active_status === '1',
    position: index,
    ...lookUpStage(name, settings),
  };
}

/**
 * The stages with "New Lead" in front where the source, which leaves it blank on clients, does not
 * list it.
 */
export function addNewLead(items: unknown[]): unknown[] {
  const isListed = items.some(
    (item) =>
      toStageName(readItem('salesCycle', item).sales_cycle_name).toLowerCase() ===
      NEW_LEAD.toLowerCase(),
  );
  if (isListed) return items;
  return [
    { sales_cycle_id: NEW_LEAD_ID, sales_cycle_name: NEW_LEAD, sales_cycle_active_status: '1' },
    ...items,
  ];
}
