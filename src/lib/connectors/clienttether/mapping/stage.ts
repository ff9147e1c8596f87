import type { StageRecord } from '../../../records/stage.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { NEW_LEAD, lookUpStage, toStageName } from '../stages.ts';
import { parseChoice } from '../values.ts';
import { requireId } from './shared.ts';

/** The id that a public form plug-in for ClientTether uses for the stage of new leads. */
const NEW_LEAD_ID = '-1';

/** Maps a step of the sales cycle; its position in the list is its position in the pipeline. */
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
