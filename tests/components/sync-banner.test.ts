import { describe, expect, test } from 'vitest';
import type { Freshness, SourceFreshness } from '#lib/views/types.ts';
import { access, text } from './page-body.ts';
import { render } from './render.ts';

const now = new Date('2026-11-21T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const source: SourceFreshness = {
  connectionId: 'c',
  provider: 'clienttether',
  label: 'ClientTether',
  status: 'success',
  lastSuccessAt: minutesAgo(14),
  isStale: false,
  needsReconnect: false,
  error: null,
  rejected: 0,
};
const fresh: Freshness = {
  lastSyncAt: minutesAgo(14),
  status: 'success',
  isStale: false,
  sources: [source],
  running: null,
};
const banner = (freshness: Partial<Freshness>, role = 'admin') =>
  render('/src/components/dashboard/SyncStatusBanner.astro', {
    props: { access: { ...access, role }, freshness: { ...fresh, ...freshness }, now },
  });

describe('SyncStatusBanner', () => {
  test('says when the last good data came', async () => {
    const html = await banner({});
    expect(html).toContain('Last good data 14 minutes ago');
    expect(html).not.toContain('banner-warn');
  });

  test('warns of data older than two hours', async () => {
    const html = await banner({ isStale: true, lastSyncAt: minutesAgo(300) });
    expect(html).toContain('Data is 5 hours old - sync may be delayed');
    expect(html).toContain('banner-warn');
  });

  test('says that a sync failed, why, and how old the data is', async () => {
    const html = await banner({
      status: 'failed',
      lastSyncAt: minutesAgo(90),
      sources: [{ ...source, status: 'failed', error: 'The source answered with 500.' }],
    });
    expect(html).toContain('The last sync failed');
    expect(html).toContain('Last good data 2 hours ago');
    expect(html).toContain('The source answered with 500.');
    expect(html).toContain('banner-bad');
  });

  test('counts the failed records', async () => {
    const html = await banner({
      status: 'partial',
      sources: [{ ...source, status: 'partial', rejected: 3 }],
    });
    expect(html).toContain('3 failed records');
  });

  test.each([
    ['admin', '/w/summit/dead-letters?connection=c'],
    ['viewer', null],
  ])(
    'counts them once for the source, with a link for those who may see them: %s',
    async (role, link) => {
      const html = await banner(
        {
          status: 'partial',
          sources: [
            {
              ...source,
              status: 'partial',
              rejected: 3,
              error:
                'Clients: 1 record could not be read. The source counts 2 more records than it listed.\n' +
                'Notes: 2 records could not be read.',
            },
          ],
        },
        role,
      );
      expect(text(html).match(/\w+ records? could not be read/g)).toEqual([
        '3 records could not be read',
      ]);
      expect(text(html)).toContain('Clients: The source counts 2 more records than it listed.');
      expect(text(html)).not.toContain('Notes:');
      expect(/<a class="link" href="([^"]+)">\s*show them/.exec(html)?.[1] ?? null).toBe(link);
    },
  );

  test('leaves the count in the message once no record is rejected any more', async () => {
    const error = 'Clients: 1 record could not be read.';
    const html = await banner({
      status: 'partial',
      sources: [{ ...source, status: 'partial', error }],
    });
    expect(html).toContain(error);
  });

  test('says that nothing came yet, and that nothing is connected', async () => {
    expect(await banner({ status: 'never', lastSyncAt: null })).toContain(
      'No data yet: the first sync has not finished',
    );
    expect(await banner({ status: 'never', lastSyncAt: null, sources: [] })).toContain(
      'No system is connected yet',
    );
  });

  test('leads an admin to connect a lost system again', async () => {
    const html = await banner({ sources: [{ ...source, needsReconnect: true }] });
    expect(html).toContain('ClientTether needs to be reconnected');
    expect(html).toMatch(/href="\/w\/summit\/settings"[^>]*>Reconnect/);
    expect(
      await banner({ sources: [{ ...source, needsReconnect: true }] }, 'viewer'),
    ).not.toContain('Reconnect');
  });

  test('shows the progress of a running sync and does not offer another', async () => {
    const html = await banner({
      running: { runId: 'r', startedAt: now, stream: 'clients', fetched: 1200 },
    });
    expect(html).toContain('Syncing clients: 1,200 rows so far');
    expect(html).toContain('data-state="running"');
    expect(html).toMatch(/<button[^>]*disabled[^>]*>[^]*?<\/svg>\s*Sync now/);
  });

  test('says what its button did when there was no script to tell', async () => {
    const props = { access: { ...access, role: 'admin' }, freshness: fresh, now };
    const html = await render('/src/components/dashboard/SyncStatusBanner.astro', {
      props,
      url: 'http://localhost/w/summit/leads?source=Web&done=sync-started',
    });
    expect(html).toContain('Sync requested');
    expect(html).toContain('name="return" value="/w/summit/leads?source=Web"');
  });

  test('lets everyone but viewers start a sync', async () => {
    expect(await banner({}, 'member')).toContain('action="/api/sync?tenant=summit"');
    expect(await banner({}, 'viewer')).not.toContain('Sync now');
  });
});
