import { toObject } from '../../kit/json.ts';
import type { PushDefinition } from '../../contract/destination.ts';
import type { HubSpotSettings } from '../settings.ts';
import { defaultMapping } from './default-mapping.ts';
import { describe, OBJECT } from './metadata.ts';
import { createRemoteObjects } from './remote-objects.ts';

/**
 * Writes leads to HubSpot, as contacts: every account has these, and objects of the type lead can
 * only be made of one. HubSpot itself associates a contact with the company of its e-mail domain.
 */
export const hubSpotPush: PushDefinition<HubSpotSettings> = {
  objects: { lead: OBJECT },
  defaultMapping,
  personalFields: ['firstname', 'lastname', 'company'],
  describe,
  open: createRemoteObjects,
  toFields: (item) => toObject(toObject(item)['properties']),
};
