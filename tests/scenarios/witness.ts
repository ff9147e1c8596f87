import { expect } from 'vitest';
import type { TestDatabase } from '../helpers/database.ts';

/** One write of the engine, as the database itself saw it. */
interface Write {
  [column: string]: unknown;
  no: number;
  /** The login of the process that wrote it. */
  who: string;
  what: 'lease' | 'page' | 'state';
  connection: string;
  run: string | null;
  /** The lease of the run at that moment. */
  lease: number | null;
  stream: string | null;
  pass: string | null;
  version: number | null;
  pages: number | null;
  cursor: unknown;
}

/**
 * Makes the database write down each lease, page and cursor with the login that wrote it: whoever
 * looks from time to time misses what happens between two looks.
 */
export async function installWitness(db: TestDatabase): Promise<void> {
  await db.query(`
    create schema witness;
    create table witness.writes (no bigserial primary key, who text not null, what text not null,
      connection uuid not null, run uuid, lease int, stream text, pass uuid, version int, pages int,
      cursor jsonb);
    create index on witness.writes (what, no);
    create function witness.of_run() returns trigger language plpgsql security definer as $$ begin
      insert into witness.writes (who, what, connection, run, lease)
      values (session_user, 'lease', new.connection_id, new.id, new.lease); return new; end $$;
    create function witness.of_page() returns trigger language plpgsql security definer as $$ begin
      insert into witness.writes (who, what, connection, run, lease, stream, pass, pages)
        select session_user, 'page', new.connection_id, new.run_id, lease, new.stream, new.pass_id,
          new.page_no
        from public.sync_runs
        where tenant_id = new.tenant_id and id = new.run_id; return new; end $$;
    create function witness.of_state() returns trigger language plpgsql security definer as $$ begin
      insert into witness.writes (who, what, connection, run, lease, stream, pass, version, pages,
        cursor)
        select session_user, 'state', new.connection_id, r.id, r.lease, new.stream, new.pass_id,
          new.version, new.pass_pages, new.cursor
        from (select 1) as one
        left join public.sync_runs r on r.tenant_id = new.tenant_id
          and r.connection_id = new.connection_id and r.status = 'running'; return new; end $$;
    create trigger witness_taken after insert on sync_runs for each row execute function
      witness.of_run();
    create trigger witness_retaken after update on sync_runs for each row
      when (old.lease <> new.lease) execute function witness.of_run();
    create trigger witness_page after insert on raw_snapshots for each row execute function
      witness.of_page();
    create trigger witness_state after insert
      or update on stream_states for each row execute function witness.of_state();`);
}

/** How many pages and leases there have been: what counts as progress. */
export async function countProgress(db: TestDatabase): Promise<{ pages: number; leases: number }> {
  const [row] = await db.query<{ pages: number; leases: number }>(
    `select count(*) filter (where what = 'page')::int as pages,
       count(*) filter (where what = 'lease')::int as leases
     from witness.writes`,
  );
  return row ?? { pages: 0, leases: 0 };
}

/**
 * Goes through all that was written, in order: nobody wrote without holding the lease, and no pass
 * went back.
 */
export async function expectOrderlyWrites(
  db: TestDatabase,
): Promise<{ writes: number; takeovers: number }> {
  const writes = await db.query<Write>('select * from witness.writes order by no');
  const holders = new Map<string, { who: string; lease: number }>();
  const states = new Map<string, Write>();
  let takeovers = 0;
  for (const write of writes) {
    if (write.what === 'lease' && write.run !== null) {
      const before = holders.get(write.run);
      if (before !== undefined && before.who !== write.who) takeovers += 1;
      expect(write.lease, `lease ${write.no}`).toBe((before?.lease ?? 0) + 1);
      holders.set(write.run, { who: write.who, lease: write.lease ?? 0 });
      continue;
    }
    expect(
      { who: write.who, lease: write.lease },
      `write ${write.no} (${write.what} of ${write.stream})`,
    ).toEqual(holders.get(write.run ?? ''));
    if (write.what === 'state')
      states.set(
        `${write.connection} ${write.stream}`,
        expectForward(states.get(`${write.connection} ${write.stream}`), write),
      );
  }
  return { writes: writes.length, takeovers };
}

function expectForward(before: Write | undefined, now: Write): Write {
  if (before === undefined) return now;
  expect(now.version, `version at write ${now.no}`).toBeGreaterThanOrEqual(before.version ?? 0);
  // A null cursor is the end of a pass; the next one has an id of its own.
  if (before.pass !== now.pass || now.cursor === null || before.cursor === null) return now;
  expect(now.pages, `pages of the pass at write ${now.no}`).toBeGreaterThanOrEqual(
    before.pages ?? 0,
  );
  expect(
    formatPlace(before.cursor) <= formatPlace(now.cursor),
    `${now.stream} went from ${JSON.stringify(before.cursor)} to ` +
      `${JSON.stringify(now.cursor)} at write ${now.no}`,
  ).toBe(true);
  return now;
}

/**
 * A cursor as text that sorts as its stream moves: offsets by number, places by time and id, then
 * the share of the hour by id.
 */
function formatPlace(cursor: unknown): string {
  const { offset, changed, sweep } = cursor as {
    offset?: number;
    changed?: { at: string; id: string } | null;
    sweep?: { id: string | null } | null;
  };
  if (offset !== undefined) return String(offset).padStart(12, '0');
  return [changed?.at, changed?.id, sweep === null || sweep === undefined ? '0' : '1', sweep?.id]
    .map((part) => part ?? '')
    .join('|');
}

/** No page of a pass is stored twice, in whatever processes and slices it was read. */
export async function expectPagesOnce(db: TestDatabase): Promise<number> {
  expect(
    await db.query(
      'select pass_id, page_no from raw_snapshots group by pass_id, page_no having count(*) > 1',
    ),
  ).toEqual([]);
  const [{ pages } = { pages: 0 }] = await db.query<{ pages: number }>(
    'select count(*)::int as pages from raw_snapshots',
  );
  return pages;
}
