import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listActionFields, type ActionField } from '#lib/connectors/contract/actions.ts';
import { objectRoles } from '#lib/connectors/contract/destination.ts';
import { pushSources } from '#lib/mappings/lead-fields.ts';
import { compileRows } from '#lib/mappings/compile-rows.ts';
import { mappingSchema } from '#lib/mappings/store.ts';
import { newId } from '#lib/platform/id.ts';
import { isAllowedHost } from '#lib/platform/http/guard.ts';
import { listAuths } from '#lib/connectors/choose-auth.ts';
import { getProvider, providers } from '#lib/connectors/registry.ts';

/**
 * What every provider owes, whatever system it talks to. A new provider is covered by being
 * registered.
 */
const root = join(import.meta.dirname, '../../src/lib/connectors');
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['contract', 'kit'].includes(entry.name))
  .map((entry) => entry.name);

describe('the registry', () => {
  it('holds each provider folder once, and no other', () => {
    expect(providers.map((provider) => provider.key).toSorted()).toEqual(folders.toSorted());
  });

  it('finds providers by key and names the known ones when asked for another', () => {
    for (const provider of providers) expect(getProvider(provider.key)).toBe(provider);
    expect(() => getProvider('nobody')).toThrow(/no provider "nobody".*clienttether/);
  });
});

const sampleValues: Record<ActionField['kind'], string> = {
  choice: 'A line of text',
  line: 'A line of text',
  text: 'A line of text',
  day: '2026-12-01',
  moment: '2026-12-01T09:30',
};

describe.each(providers.map((provider) => [provider.key, provider] as const))(
  '%s',
  (key, provider) => {
    const folder = join(root, key);
    const fixtures = readdirSync(join(folder, 'fixtures'));
    const settings = provider.settings.parse({}) as { baseUrl: string };
    const itemsOf = (name: string): unknown[] => {
      const stream = provider.streams.find((each) => each.name === name);
      return fixtures
        .filter((file) => file.split('.')[0] === name && file.endsWith('.json'))
        .flatMap(
          (file) => stream?.parse(readFileSync(join(folder, 'fixtures', file), 'utf8')) ?? [],
        );
    };

    it('has a label, a logo, hosts, limits and secrets that explain themselves', () => {
      expect(provider.label.trim()).not.toBe('');
      expect(readFileSync(join(folder, 'logo.svg'), 'utf8')).toMatch(/^<svg [^>]*viewBox=/);
      expect(provider.hosts.length).toBeGreaterThan(0);
      expect(provider.limits.concurrency).toBeGreaterThan(0);
      expect(provider.limits.timeoutMs).toBeGreaterThan(0);
      for (const secret of provider.auth.secrets)
        expect(secret).toMatchObject({
          name: expect.stringMatching(/^\w+$/),
          label: expect.stringMatching(/./),
          help: expect.stringMatching(/./),
        });
    });

    it('has settings that default to one of its own hosts and survive being stored', () => {
      expect(isAllowedHost(new URL(settings.baseUrl).hostname, provider.hosts)).toBe(true);
      expect(provider.settings.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
      expect(provider.settings.safeParse({ baseUrl: 'nonsense' }).success).toBe(false);
    });

    it('asks only for settings that it has, and explains them', () => {
      for (const field of provider.settingFields ?? [])
        expect(field).toMatchObject({
          name: expect.stringMatching(new RegExp(`^(${Object.keys(settings).join('|')})$`)),
          label: expect.stringMatching(/./),
          help: expect.stringMatching(/./),
        });
    });

    it('names its streams apart and reads parents before what hangs on them', () => {
      const names = provider.streams.map((stream) => stream.name);
      expect(new Set(names).size).toBe(names.length);
      provider.streams.forEach(({ listing }, place) => {
        if (listing.kind === 'partitioned')
          expect(names.slice(0, place)).toContain(listing.parents);
      });
    });

    it('signs in with a code, if at all, at hosts that are its own', () => {
      if (provider.auth.kind !== 'oauth2' || provider.auth.grant.device === undefined) return;
      const { device, kind, tokenHosts } = provider.auth.grant;
      expect([kind, provider.auth.secrets.map(({ name }) => name)]).toEqual([
        'refresh_token',
        expect.arrayContaining(['refreshToken']),
      ]);
      expect(tokenHosts).toContain(new URL(device.url(settings)).hostname);
    });

    it('takes notices, if at all, only with a proof, and reads none in what is no notice', () => {
      const { webhook } = provider;
      if (webhook === undefined) return;
      expect(webhook.events.length).toBeGreaterThan(0);
      expect(webhook.maxBytes ?? 0).toBeLessThanOrEqual(1024 * 1024);
      for (const body of ['', '{}', 'null', '[]', '[{}]', '[null]', '"a"', '<html></html>'])
        expect(() => webhook.parse(body), body).toThrow(
          expect.objectContaining({ name: 'RecordRejected' }),
        );
    });

    it('proves notices by certificates of hosts that it names exactly, or by its own secret', () => {
      const { proof } = provider.webhook ?? {};
      const nothing = {
        method: 'POST',
        url: 'https://x.test/',
        headers: {},
        body: Buffer.from(''),
      };
      const now = new Date();
      if (proof?.kind === 'certificate') {
        expect(proof.hosts.filter((host) => host.includes('*'))).toEqual([]);
        expect(proof.refusal(nothing, { certificates: [], trusted: [], now })).toMatch(/./);
      }
      if (proof?.kind === 'secret') {
        const known = listAuths(provider).flatMap(({ auth }) => auth.secrets);
        expect(known.map(({ name }) => name)).toContain(proof.secret);
        expect(proof.refusal(nothing, { secret: 'secret', now })).toMatch(/./);
      }
    });

    it('registers for notices, if at all, at a host that it names', () => {
      const { registration } = provider.webhook ?? {};
      if (registration === undefined) return;
      expect(registration.hosts).toContain(new URL(registration.baseUrl(settings)).hostname);
    });

    it('acts, if at all, on records of its own streams, each action once', () => {
      const actions = provider.actions ?? [];
      const names = actions.map(({ stream, key }) => `${stream}/${key}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { stream, label } of actions) {
        expect(provider.streams.map(({ name }) => name)).toContain(stream);
        expect(label).toMatch(/^[A-Z][a-z ]+$/);
      }
    });

    it('asks for each field of an action once, and lists the values of those to choose', () => {
      for (const action of provider.actions ?? []) {
        const fields = listActionFields(action);
        expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
        expect(fields.some(({ kind }) => kind === 'choice')).toBe(action.choices !== undefined);
        if (action.kind === 'add') expect(fields.length).toBeGreaterThan(0);
        else expect(action.field === undefined).toBe(action.next !== undefined);
      }
    });

    it('reads the state that a change is about out of what its stream delivers', () => {
      for (const action of provider.actions ?? []) {
        if (action.kind !== 'change') continue;
        const items = itemsOf(action.stream);
        expect(items.length).toBeGreaterThan(0);
        for (const item of items) {
          const { state } = action.current(item);
          if (action.field !== undefined) expect(Object.keys(state)).toEqual([action.field.name]);
          expect(action.next?.(state) ?? []).not.toContainEqual(state);
        }
      }
    });

    it('sends what a person entered', () => {
      for (const action of provider.actions ?? []) {
        if (action.kind !== 'add') continue;
        const values = Object.fromEntries(
          action.fields.map(({ name, kind }) => [name, sampleValues[kind]]),
        );
        const addition = { id: newId(), externalId: '7', values, requestedAt: new Date(0) };
        expect(JSON.stringify(action.body(addition))).toContain('A line of text');
      }
    });

    it('takes leads, if at all, by a mapping of its own objects and of fields that we have', async () => {
      const { push } = provider;
      if (push === undefined) return;
      const roles = objectRoles.filter((role) => push.objects[role] !== undefined);
      expect(roles).toContain('lead');
      expect(new Set(Object.values(push.objects)).size).toBe(roles.length);
      expect(mappingSchema.parse(push.defaultMapping)).toEqual(push.defaultMapping);
      for (const { row, fault } of await compileRows(push.defaultMapping)) {
        expect(roles).toContain(row.role);
        expect(pushSources.map(({ key }) => key)).toEqual(expect.arrayContaining(row.sources));
        expect(fault).toBeUndefined();
      }
      const fills = push.defaultMapping.map(({ role, target }) => `${role}.${target}`);
      expect(new Set(fills).size).toBe(fills.length);
    });

    it('reads the fields of a lead out of what its streams of leads deliver', () => {
      const { toFields } = provider.push ?? {};
      if (toFields === undefined) return;
      const targets = new Set(provider.push?.defaultMapping.map(({ target }) => target));
      const items = provider.streams
        .filter(({ entity }) => entity === 'lead')
        .flatMap(({ name, parse }) =>
          fixtures
            .filter((file) => file.split('.')[0] === name)
            .flatMap((file) => parse(readFileSync(join(folder, 'fixtures', file), 'utf8'))),
        );
      const found = items.flatMap((item) => Object.keys(toFields(item)));
      expect(found.some((name) => targets.has(name))).toBe(true);
      for (const strange of [null, 'text', 7, [], {}]) expect(toFields(strange)).toEqual({});
    });

    it('has no fixture without a stream', () => {
      const names = provider.streams.map((stream) => stream.name);
      expect(fixtures.filter((file) => !names.includes(file.split('.')[0] ?? ''))).toEqual([]);
    });
  },
);
