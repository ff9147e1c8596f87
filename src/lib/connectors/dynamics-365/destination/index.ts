import type { PushDefinition } from '../../contract/destination.ts';
import { toPageRoot } from '../clouds.ts';
import { buildUrl } from '../request.ts';
import type { DynamicsSettings } from '../settings.ts';
import { defaultMapping } from './default-mapping.ts';
import { describe } from './metadata.ts';
import { TABLES } from './objects.ts';
import { createRemoteObjects } from './remote-objects.ts';

/** Writes leads to Dynamics 365 Sales, with their accounts, contacts and opportunities. */
export const dynamicsPush: PushDefinition<DynamicsSettings> = {
  objects: {
    company: TABLES.company.name,
    contact: TABLES.contact.name,
    lead: TABLES.lead.name,
    deal: TABLES.deal.name,
  },
  defaultMapping,
  personalFields: ['hnt_infrasummary'],
  describe: ({ http, settings }) => describe(http, buildUrl(settings, '')),
  recordUrl: ({ baseUrl }, remoteId) =>
    `${toPageRoot(baseUrl)}main.aspx?pagetype=entityrecord&etn=lead&id=${remoteId}`,
  open: ({ http, settings }, metadata) =>
    createRemoteObjects(http, buildUrl(settings, ''), metadata),
};
