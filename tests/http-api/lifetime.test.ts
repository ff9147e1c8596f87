import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { leadCount, useSlowLeads } from './overload-stage.ts';

allowForLoad();
const db = useDatabase();
const leads = useSlowLeads(db);

/** Gives requests a second, and can handle one at once. */
let hasty: Web;
/** Has the deadline that it has in production, which no test waits for. */
let patient: Web;
let hastyViewer: WebClient;
let viewer: WebClient;

beforeAll(async () => {
  hasty = await startWeb(db.url, {
    REQUEST_TIMEOUT_SECONDS: '1',
    REQUEST_CONCURRENCY: '1',
    REQUEST_QUEUE_SIZE: '0',
  });
  patient = await startWeb(db.url);
  viewer = await patient.signIn('viewer@north.test');
  hastyViewer = new (viewer.constructor as typeof WebClient)(hasty.url);
  for (const [name, value] of viewer.jar) hastyViewer.jar.set(name, value);
});
afterAll(async () => {
  await hasty?.stop();
  await patient?.stop();
});

describe('a request that takes longer than its deadline', () => {
  it('is answered with what to do, and its statement is cancelled', async () => {
    await leads.slowDown();
    const page = await hastyViewer.fetch('/w/north/leads');
    expect(page.status).toBe(504);
    expect(await page.text()).toContain('This took longer than 1 seconds and was given up');
    await leads.untilStuck(0);
    expect(await hastyViewer.json('/api/leads?tenant=north')).toMatchObject({
      status: 504,
      body: {
        error: { code: 'timed_out', message: expect.stringContaining('was given up') as string },
      },
    });
    await leads.untilStuck(0);
    await leads.speedUp();
    expect(await hastyViewer.text('/w/north/leads')).toContain(`Lead ${leadCount - 1}`);
  });

  it('is carried out all the same when it writes, and is answered in those words', async () => {
    await db.query(
      `create function dawdle() returns trigger language plpgsql
       as $$ begin perform pg_sleep(3); return new; end $$`,
    );
    await db.query(
      'create trigger dawdle before insert on saved_views for each row execute function dawdle()',
    );
    const answer = await hastyViewer.postForm('/w/north/leads?segment=Cold', {
      intent: 'save-view',
      name: 'Kept',
    });
    expect(answer.status).toBe(504);
    expect(await answer.text()).toContain('may still be carried out');
    const kept = () => db.query(`select 1 from saved_views where name = 'Kept'`);
    await expect.poll(async () => (await kept()).length, { timeout: 60_000 }).toBe(1);
    await db.query('drop trigger dawdle on saved_views');
  });
});

describe('a request whose client has left', () => {
  it.each(['/w/north/leads', '/api/leads?tenant=north', '/w/north/leads.csv'])(
    'is given up: %s',
    async (path) => {
      await leads.slowDown();
      const client = new AbortController();
      const asked = viewer.fetch(path, { signal: client.signal });
      asked.catch(() => {});
      await leads.untilStuck(1);
      client.abort();
      await leads.untilStuck(0);
      await expect(asked).rejects.toThrow('aborted');
      await leads.speedUp();
      expect(await viewer.text(path)).toContain(`Lead ${leadCount - 1}`);
    },
  );
});

describe('an export', () => {
  it('has no deadline and leaves its place to others, and ends with its client', async () => {
    await leads.slowDown();
    const client = new AbortController();
    const download = hastyViewer.fetch('/w/north/leads.csv', { signal: client.signal });
    download.catch(() => {});
    await leads.untilStuck(1);
    const later = await hastyViewer.fetch('/w/north/leads');
    expect([later.status, await later.text()]).toEqual([504, expect.stringContaining('given up')]);
    await leads.untilStuck(1);
    client.abort();
    await leads.untilStuck(0);
  });

  it('is given up in its middle when its client leaves', async () => {
    await leads.slowDown('later pages');
    const client = new AbortController();
    const download = await viewer.fetch('/w/north/leads.csv', {
      signal: client.signal,
      // Compressed, the first part of the file would wait for the second.
      headers: { 'accept-encoding': 'identity' },
    });
    const reader = download.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await leads.untilStuck(1);
    client.abort();
    await leads.untilStuck(0);
    await leads.speedUp();
    expect((await viewer.text('/w/north/leads.csv')).trim().split('\r\n')).toHaveLength(
      1 + leadCount,
    );
  });
});
