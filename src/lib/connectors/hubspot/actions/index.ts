import type { ActionDefinition } from '../../contract/actions.ts';
import { contactLeads, deals, leads, type ObjectType } from '../objects.ts';
import type { HubSpotSettings } from '../settings.ts';
import { addNote, addTask } from './additions.ts';
import { changeProperty } from './changes.ts';
import { listOptions, listOwners, listStages } from './choices.ts';

const changeOwner = (stream: string, object: ObjectType) =>
  changeProperty({
    key: 'owner',
    label: 'Change the owner',
    stream,
    object,
    property: 'hubspot_owner_id',
    fieldLabel: 'Owner',
    choices: listOwners,
  });

/** What people may do to contacts that are leads, to leads and to deals. */
export const actions: readonly ActionDefinition<HubSpotSettings>[] = [
  changeProperty({
    key: 'stage',
    label: 'Change the stage',
    stream: 'contactLeads',
    object: contactLeads,
    property: 'hs_lead_status',
    fieldLabel: 'Lead status',
    choices: (context) => listOptions(context, 'contacts', 'hs_lead_status'),
  }),
  changeOwner('contactLeads', contactLeads),
  addNote({ stream: 'contactLeads', to: 'contacts' }),
  addTask({ stream: 'contactLeads', to: 'contacts' }),
  changeProperty({
    key: 'stage',
    label: 'Change the stage',
    stream: 'leads',
    object: leads,
    property: 'hs_pipeline_stage',
    scope: 'hs_pipeline',
    fieldLabel: 'Stage',
    choices: (context) => listStages(context, 'leads', 'hs_pipeline'),
  }),
  changeOwner('leads', leads),
  changeProperty({
    key: 'stage',
    label: 'Change the stage',
    stream: 'deals',
    object: deals,
    property: 'dealstage',
    scope: 'pipeline',
    fieldLabel: 'Stage',
    choices: (context) => listStages(context, 'deals', 'pipeline'),
  }),
  changeOwner('deals', deals),
  addNote({ stream: 'deals', to: 'deals' }),
  addTask({ stream: 'deals', to: 'deals' }),
];
