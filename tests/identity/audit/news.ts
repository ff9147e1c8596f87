import type { TestDatabase } from '../../helpers/database.ts';

export interface News {
  action: string;
  /** Kind and label of the actor. */
  by: string;
  /** Label of the target, else its id. */
  target: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/**
 * A function that returns the events recorded since its last call, oldest first, but for sign-ins
 * and visits of staff.
 */
export function followAudit(database: TestDatabase): () => Promise<News[]> {
  let known: string[] = [];
  return async () => {
    const rows = await database.query<News & { id: string }>(
      `select id, action, concat_ws(' ', actor_kind, actor_label) as by,
         coalesce(target_label, target_id) as target, before, after
       from audit_events
       where not id = any($1) and action not in ('sign_in.succeeded', 'workspace.entered')
       order by at, id`,
      [known],
    );
    known = [...known, ...rows.map(({ id }) => id)];
    return rows.map(({ id: _id, ...row }) => row);
  };
}

/** "action: target" of each event, for comparisons in one line each. */
export const toLines = (news: readonly News[]): string[] =>
  news.map(({ action, target }) => (target === null ? action : `${action}: ${target}`));
