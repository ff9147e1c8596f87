import type { PushDefinition } from '../../contract/destination.ts';
import { toPageRoot } from '../clouds.ts';
import { buildUrl } from '../request.ts';
import type { DynamicsSettings } from '../settings.ts';
import { defaultMapping } from './default-mapping.ts';
import { describe } from './metadata.ts';
import { createRemoteTables } from './tables.ts';

/** Writes leads to Dynamics 365 Sales, with their accounts, contacts and opportunities. */
export const dynamicsPush: PushDefinition<DynamicsSettings> = {
  defaultMapping,
  describe: ({ http, settings }) => describe(http, buildUrl(settings, '')),
  recordUrl: ({ baseUrl }, remoteId) =>
    `${toPageRoot(baseUrl)}main.aspx?pagetype=entityrecord&etn=lead&id=${remoteId}`,
  tables: ({ http, settings }, metadata) =>
    createRemoteTables(http, buildUrl(settings, ''), metadata),
};
