import type { Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { createPushStage, type PushStage } from '../../outbound/stage.ts';
import { credentials } from './harness.ts';

/** A workspace that pushes to an organisation. */
export const salesforceStage = (db: TestDatabase, sandbox: Sandbox): Promise<PushStage> =>
  createPushStage(db, sandbox, {
    provider: 'salesforce',
    settings: { baseUrl: sandbox.salesforce.baseUrl },
    secrets: credentials,
    account: 'org',
  });
