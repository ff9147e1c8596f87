import type { PushDefinition } from '../../contract/destination.ts';
import { address } from '../request.ts';
import type { DynamicsSettings } from '../settings.ts';
import { defaultMapping } from './default-mapping.ts';
import { describe } from './metadata.ts';
import { tablesOf } from './tables.ts';

/** Leads into Dynamics 365 Sales, with their accounts, contacts and opportunities. */
export const dynamicsPush: PushDefinition<DynamicsSettings> = {
  defaultMapping,
  describe: ({ http, settings }) => describe(http, address(settings, '')),
  recordUrl: ({ baseUrl }, remoteId) =>
    `${baseUrl}main.aspx?pagetype=entityrecord&etn=lead&id=${remoteId}`,
  tables: ({ http, settings }, metadata) => tablesOf(http, address(settings, ''), metadata),
};
