import type { HubSpotSpec, Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { createPushStage, type PushStage } from '../../outbound/stage.ts';
import { portalSpec, TOKEN } from './harness.ts';

/** An account whose contacts have the properties that pushes fill. */
export const pushedPortal = (spec: Partial<HubSpotSpec> = {}): HubSpotSpec =>
  portalSpec({
    custom: {
      contacts: [
        'tributary_id',
        'tributary_score',
        'tributary_priority',
        'tributary_segment',
        'tributary_mail_provider',
      ],
    },
    unique: { contacts: ['tributary_id'] },
    ...spec,
  });

/** A workspace that pushes to an account. */
export const hubSpotStage = (db: TestDatabase, sandbox: Sandbox): Promise<PushStage> =>
  createPushStage(db, sandbox, {
    provider: 'hubspot',
    settings: { baseUrl: sandbox.hubspot.baseUrl },
    secrets: { accessToken: TOKEN },
    account: 'portal',
  });
