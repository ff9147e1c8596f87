import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mappingShape } from '#lib/conversion/schema/shape.ts';
import { compilePath, factMark } from '#lib/conversion/transformations/kit/path.ts';
import { listTargets, mapByDefault } from '#lib/connectors/mapped-stream.ts';
import { providers } from '#lib/connectors/registry.ts';
import { recordSchemas } from '#lib/records/registry.ts';

/* What every stream of every provider promises. */

const root = join(import.meta.dirname, '../../src/lib/connectors');

/**
 * Sources of default mappings that no fixture holds, by provider and stream, with the reason. Every
 * other one must be in a fixture, so that a misspelled path does not go unnoticed.
 */
const unseen: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'clienttether/clients': { 'custom_fields.deal_size': 'a standard field, unless settings differ' },
  'clienttether/opportunities': {
    'custom_fields.deal_size': 'a standard field, unless settings differ',
    likelihood: 'a custom field in most accounts, which the fixtures have',
  },
  'clienttether/events': { contact_name: 'another name of client_name' },
};

describe.each(providers.map((provider) => [provider.key, provider] as const))(
  'a stream of %s:',
  (key, provider) => {
    const folder = join(root, key);
    const fixtures = readdirSync(join(folder, 'fixtures'));
    const settings = provider.settings.parse({});

    describe.each(provider.streams.map((stream) => [stream.name, stream] as const))(
      '%s',
      (name, stream) => {
        const bodies = fixtures.filter((file) => file.split('.')[0] === name);
        const parse = (file: string) =>
          stream.parse(readFileSync(join(folder, 'fixtures', file), 'utf8'));
        const context = { settings, currency: 'USD' };

        it('has a fixture', () => {
          expect(bodies.length).toBeGreaterThan(0);
        });

        it('has a default mapping that compiles, and fills all that a record must have', async () => {
          const schema = stream.mapping(context);
          expect(mappingShape.parse(schema)).toEqual(schema);
          const targets = listTargets(stream.entity);
          const filled = schema.map(({ target }) => target);
          expect(targets.map((target) => target.name)).toEqual(expect.arrayContaining(filled));
          const needed = targets.filter(({ required }) => required).map((target) => target.name);
          expect(filled).toEqual(expect.arrayContaining(needed));
          const { paths } = await mapByDefault(stream, context);
          expect(paths).toEqual([...new Set(schema.flatMap(({ sources }) => sources))]);
        });

        it('takes nothing in its default mapping that it never finds', () => {
          const items = bodies.flatMap(parse);
          const facts = items.map((item, index) => ({
            index,
            ...stream.interpret(item, { ...context, index }).facts,
          }));
          const isFound = (path: string) => {
            const isFact = path.startsWith(factMark);
            const read = compilePath(isFact ? path.slice(factMark.length) : path);
            return (isFact ? facts : items).some((each) => !isNothing(read(each)));
          };
          const missing = stream
            .mapping(context)
            .flatMap(({ sources }) => sources)
            .filter((path) => !isFound(path))
            .toSorted();
          const excused = Object.keys(unseen[`${key}/${name}`] ?? {});
          expect([...new Set(missing)]).toEqual(excused.toSorted());
        });

        it.each(bodies)('turns %s into records', async (file) => {
          const items = parse(file);
          expect(items.length).toBeGreaterThan(0);
          const { map } = await mapByDefault(stream, context);
          const records = items.map((item, index) =>
            recordSchemas[stream.entity].parse(map(item, { ...context, index })),
          );
          const ids = records.map((record) => record.externalId);
          expect(items.map((item) => stream.identify(item))).toEqual(ids);
          expect(new Set(ids).size).toBe(ids.length);
          if (stream.listing.kind !== 'complete')
            for (const record of records) expect(record).toHaveProperty(stream.listing.field);
        });

        it('covers the present when it lists a window', () => {
          if (stream.listing.kind !== 'window') return;
          const now = new Date('2026-11-01T12:00:00Z');
          const { from, to } = stream.listing.window(settings, now);
          expect(from < now && now < to).toBe(true);
        });

        it('does not mistake a web page or a list of something else for its own', () => {
          for (const body of ['<html></html>', '', '[]', '{}', 'null'])
            expect(() => stream.parse(body), body).toThrow(
              expect.objectContaining({ name: 'RemoteError' }),
            );
          expect(stream.identify({})).toBeUndefined();
          expect(() => stream.interpret({}, { ...context, index: 0 })).toThrow(
            expect.objectContaining({ name: 'RecordRejected' }),
          );
        });
      },
    );
  },
);

/** What a path gives where there is nothing to read; one with [*] gives a list. */
const isNothing = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.length === 0);
