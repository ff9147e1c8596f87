import { globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { transformations } from '#lib/conversion/transformations/registry.ts';
import { run } from './kit.ts';

const folder = 'src/lib/conversion/transformations';
const names = transformations.map(({ name }) => name);

describe('the registry', () => {
  it('holds every file of the folder, in alphabetical order, under the name of its file', () => {
    const files = globSync(`${folder}/*.ts`)
      .map((file) => path.basename(file, '.ts'))
      .filter((name) => name !== 'registry');
    expect(names).toEqual(files.toSorted());
    expect(names.length).toBeGreaterThanOrEqual(36);
  });
});

describe.each(transformations.map((one) => [one.name, one] as const))('%s', (name, one) => {
  it('tells what it does in one sentence', () => {
    expect(one.help).toMatch(/^[A-Z].*[^.]\.$/);
    expect(one.help.length).toBeLessThan(100);
    expect(one.limits ?? 'None.').toMatch(/^[A-Z].*\.$/);
  });

  it('names and explains each argument, so that a form can be drawn', () => {
    const schema = z.toJSONSchema(one.args, { io: 'input' });
    for (const [argument, shape] of Object.entries(schema.properties ?? {}))
      expect(shape, argument).toMatchObject({
        title: expect.stringMatching(/^[A-Z].*[^.]$/),
        description: expect.stringMatching(/\.$/),
      });
  });

  it.each(one.examples.map((example) => [JSON.stringify(example), example] as const))(
    'does what its example says: %s',
    async (_text, example) => {
      const { values, problems } = await run([{ fn: name, args: example.args }], example.given);
      if ('gives' in example)
        expect({ values, problems }).toEqual({ values: { out: example.gives }, problems: [] });
      else
        expect(problems).toEqual([
          { target: 'out', step: 1, reason: `The value ${example.rejects}.` },
        ]);
    },
  );

  it('refuses an argument that it does not know', async () => {
    const args = { ...one.examples[0].args, unheardOf: 1 };
    await expect(run([{ fn: name, args }], 'x')).rejects.toThrow('unheardOf');
  });
});
