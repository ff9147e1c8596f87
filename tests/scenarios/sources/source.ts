import type { Sandbox } from '../../../sandbox/index.ts';
import type { Random } from '../../../sandbox/kit/random.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import type { Workspace } from '../../helpers/workspace.ts';

/**
 * A connection to an account of its own in a sandbox of its own, for scenarios that know no
 * provider.
 */
export interface Stage {
  sandbox: Sandbox;
  workspace: Workspace;
  /**
   * The endpoint that faults befall, as the sandbox counts it; all of them when absent. What a
   * token endpoint does is shown elsewhere.
   */
  endpoint?: string;
  /**
   * Something happens in the account, so that the next sync has something to do. Returns how many
   * requests that makes at least.
   */
  live(random: Random): Promise<number>;
  /** Rows equal the source's, by id and content. Returns how many were compared. */
  expectTruth(): Promise<number>;
  /**
   * What only this source can do wrong (times that are alike, late rows, tokens that end): each
   * makes it happen once.
   */
  quirks: Record<string, () => Promise<void> | void>;
}

/**
 * How scenarios come by a connection of one provider. Default export of the file named like the
 * provider's key.
 */
export type SetStage = (db: TestDatabase, slug: string) => Promise<Stage>;
