import { afterAll, afterEach, beforeEach } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import type { Actor } from '#lib/identity/actor.ts';
import { readRecordForEditing } from '#lib/ingest/rejections/correct.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { TestDatabase } from './database.ts';
import { client, opportunity } from './rows.ts';
import { expectBalancedBooks, expectExactRollups } from './truth.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

export interface ErrorRow {
  id: string;
  item_key: string;
  kind: string;
  reason: string;
  item_digest: string;
  attempts: number;
  resolution: string | null;
  resolved_by: string | null;
  note: string | null;
  correction: unknown;
}

/** Mends the text of a client that holds a character which cannot be stored, as a person would. */
export const mend = (text: string, whiteboard = 'mended'): string =>
  text.replace(/"whiteboard": "[^"]*"/, `"whiteboard": "${whiteboard}"`);

const rows = {
  clients: Array.from({ length: 40 }, (_, index) => client(1 + index)),
  opportunities: [opportunity(1)],
};

/** Stands where the first test puts its own before anything reads it. */
const unopened = <T>(): T => ({}) as T;

/**
 * A workspace of its own for each test, whose source can be made to hold items that cannot be read.
 * Call at the top of a file.
 */
export class SetAsideBench {
  sandbox: Sandbox = unopened();
  workspace: Workspace = unopened();
  actor: Actor = unopened();
  number = 0;
  readonly db: TestDatabase;

  constructor(db: TestDatabase) {
    this.db = db;
    beforeEach(() => this.open());
    afterEach(() => this.sandbox.close());
    afterAll(async () => {
      await closeQueue();
      await expectBalancedBooks(db);
      await expectExactRollups(db);
    });
  }

  private async open(): Promise<void> {
    this.sandbox = await startSandbox({
      accounts: [rowsAccount({ name: 'rows', webKey: 'CT_rows', accessToken: 'token-rows', rows })],
      now: Date.UTC(2026, 10, 20),
    });
    this.number += 1;
    this.workspace = await createWorkspace(this.sandbox, 'rows', `rows-${this.number}`, {
      pageSize: 30,
    });
    const { user } = await createUser({
      email: `admin-${this.number}@mend.test`,
      name: 'Ana Diaz',
      tenantSlug: `rows-${this.number}`,
      role: 'admin',
    });
    this.actor = { tenantId: this.workspace.tenant.id, userId: user.id };
  }

  sync = () =>
    syncConnection({
      tenantId: this.workspace.tenant.id,
      connectionId: this.workspace.connection.id,
      trigger: 'cli',
    });

  /** Adds clients that cannot be read, and returns their ids. */
  poison = (poison: 'nul' | 'missing_id', count = 1) =>
    (
      this.sandbox.clienttether.poison('rows', { kind: 'clients', poison, count }) as {
        ids: string[];
      }
    ).ids;

  /** Changes a client at the source. */
  change = (id: string, row: Record<string, unknown>) =>
    this.sandbox.clienttether.mutate('rows', {
      changes: [{ op: 'update', kind: 'clients', id, row }],
    });

  errors = () =>
    this.db.query<ErrorRow>(`select * from record_errors where tenant_id = $1 order by id`, [
      this.workspace.tenant.id,
    ]);
  error = async () => (await this.errors())[0] as ErrorRow;
  readLead = async (id: string) =>
    (
      await this.db.query(
        `select name, email, summary, source_created_at, raw_json as raw
         from leads
         where tenant_id = $1 and external_id = $2 and deleted_at is null`,
        [this.workspace.tenant.id, id],
      )
    )[0];

  /** What a person sends who opens a record and changes its text. */
  edited = async (id: string, change: (text: string) => string) => {
    const { text, digest } = await readRecordForEditing(this.actor, id);
    return { text: change(text ?? ''), digest };
  };
}
