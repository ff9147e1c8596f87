import type { Sandbox, SandboxOptions } from '../../../sandbox/index.ts';
import type { Figures } from '../../../scripts/deep/meta.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import type { PushStage } from '../../outbound/stage.ts';

/** A CRM that leads are pushed to while its answers are lost. */
export interface Crm {
  provider: string;
  /** What the sandbox is started with. */
  accounts: SandboxOptions;
  /** The endpoint by which records are created. */
  creation: string;
  stage(db: TestDatabase, sandbox: Sandbox): Promise<PushStage>;
  /** Expects each lead to be there once, with our values; tells how much was compared. */
  expectOnce(stage: PushStage, ids: readonly string[]): Figures;
}
