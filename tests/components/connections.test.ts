import { afterAll, describe, expect, test } from 'vitest';
import { render, stopRendering } from './render.ts';

afterAll(stopRendering);

const calm = { circuit: null, pausedUntil: null, waiting: null };
const soon = new Date(Date.now() + 3_600_000);
const circuit = {
  state: 'open',
  since: new Date('2026-11-21T14:05:00Z'),
  probeAt: new Date('2126-11-21T15:00:00Z'),
  reason: 'The last request got no complete response.',
};

async function shown(changes: Record<string, unknown>): Promise<string> {
  const connection = {
    id: 'c',
    label: 'Our CRM',
    provider: 'clienttether',
    status: 'active',
    statusReason: null,
    baseUrl: 'https://api.clienttether.com/',
    health: calm,
    authorization: null,
    sharing: { uses: undefined, usedBy: 0 },
    webhook: { address: null, state: null, reason: null, checkedAt: null, lastAt: null },
    ...changes,
  };
  const html = await render('/src/components/settings/ConnectionList.astro', {
    props: { connections: [connection], providers: [], held: [], timeZone: 'America/Denver' },
  });
  expect(html).not.toContain('<script');
  return html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

describe('a connection on the settings page', () => {
  test('says nothing more when all is well', async () => {
    expect(await shown({})).toContain('Active Pause Replace credentials');
  });

  test("tells in its workspace's time since when the source is silent, and why", async () => {
    expect(await shown({ health: { ...calm, circuit } })).toContain(
      'Not responding Pause No response since Nov 21, 2026, 7:05 AM; next try at Nov ' +
        '21, 2126, 8:00 AM. The last request got no complete response.',
    );
    expect(
      await shown({ health: { ...calm, circuit: { ...circuit, state: 'half_open' } } }),
    ).toContain('7:05 AM; retrying now.');
    for (const state of ['open', 'half_open'])
      expect(
        await shown({
          health: {
            ...calm,
            circuit: { ...circuit, state, probeAt: new Date('2026-11-20T15:00:00Z') },
          },
        }),
      ).toContain('7:05 AM; the next sync will try again.');
  });

  test('tells until when it waits, and for what', async () => {
    expect(await shown({ health: { ...calm, pausedUntil: circuit.since } })).toContain(
      'Waiting until Nov 21, 2026, 7:05 AM because the source asked us to slow down.',
    );
    expect(
      await shown({
        health: { ...calm, waiting: { reason: 'All requests are used up.', until: soon } },
      }),
    ).toMatch(
      new RegExp(
        String.raw`Waiting Pause All requests are used up\. ` +
          String.raw`The next sync starts at \w+ \d+, \d{4}, \d+:\d\d [AP]M\.`,
      ),
    );
  });

  test('puts first what a person has to do', async () => {
    const text = await shown({
      status: 'needs_reconnect',
      statusReason: 'The keys were refused.',
      health: { circuit, pausedUntil: soon, waiting: null },
    });
    expect(text).toContain('Needs new credentials');
    expect(text).toContain('The keys were refused.');
    expect(text).not.toContain('Not responding');
    expect(await shown({ status: 'paused', health: { ...calm, circuit } })).toContain(
      'Paused Resume',
    );
  });
});

describe('forms of a connection', () => {
  test('hide secrets while they are typed, ask for them, and never offer to fill in', async () => {
    const secrets = [{ name: 'webKey', label: 'Web key', help: 'Begins with CT_.' }];
    const html = await render('/src/components/settings/SecretFields.astro', {
      props: { secrets, of: 'new' },
    });
    expect(html.match(/<input/g)).toHaveLength(1);
    const [input = ''] = html.match(/<input[^>]*>/) ?? [];
    for (const part of [
      'type="password"',
      'name="secret.webKey"',
      'required',
      'autocomplete="off"',
      'aria-describedby="new-webKey-hint"',
    ])
      expect(input).toContain(part);
    expect(input).not.toContain('value=');
  });

  test('says which deletions wait, and offers to confirm them', async () => {
    const held = [{ connectionId: 'c1', stream: 'Clients', count: 40, since: null }];
    const html = await render('/src/components/settings/HeldDeletions.astro', {
      props: { connectionId: 'c1', label: 'ClientTether', held },
    });
    expect(html).toContain('ClientTether no longer lists 40 rows of Clients.');
    expect(html).toContain('value="accept-deletions"');
    expect(
      await render('/src/components/settings/HeldDeletions.astro', {
        props: { connectionId: 'c1', label: 'ClientTether', held: [] },
      }),
    ).not.toContain('form');
  });
});

describe('a replay on the settings page', () => {
  const row = {
    label: 'Clients',
    inserted: 0,
    changed: 1234,
    unchanged: 5,
    rejected: 1,
    deleted: 0,
  };
  const preview = {
    connectionId: 'c',
    label: 'Our CRM',
    rows: [row],
    damaged: 0,
    isComplete: true,
  };
  const shownReplay = async (changes: object) =>
    (
      await render('/src/components/settings/ReplayPreview.astro', {
        props: { preview: { ...preview, ...changes } },
      })
    ).replaceAll(/\s+/g, ' ');

  test('shows what it would do before it is asked for', async () => {
    const html = await shownReplay({});
    for (const part of [
      'Rebuild Our CRM from stored data',
      '1,234',
      'This is what would happen',
      'name="connection" value="c"',
      'name="intent" value="replay"',
    ])
      expect(html).toContain(part);
    expect(html).not.toContain('damaged');
    const large = await shownReplay({ isComplete: false, damaged: 2 });
    expect(large).toContain('too much data to preview');
    expect(large).toContain('2 damaged responses');
  });
});
