import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { limits } from '#lib/conversion/transformations/kit/limits.ts';
import { transformations } from '#lib/conversion/transformations/registry.ts';
import { mappingShape } from '#lib/conversion/schema/shape.ts';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { mappingSchema } from '#lib/mappings/store.ts';
import { found, read, tableIn } from './documents.ts';

const page = 'docs/mappings.md';

describe('the page about mappings', () => {
  it('lists each transformation as the registry has it, in its order, and no other', () => {
    const told = transformations.map(({ name, help, from, to, args, invert, limits: beyond }) => {
      const schema = z.toJSONSchema(args, { io: 'input' });
      const names = Object.keys(schema.properties ?? {}).map((each) => `\`${each}\``);
      return [
        `\`${name}\``,
        beyond === undefined ? help : `${help} ${beyond}`,
        from,
        typeof to === 'string' ? to : 'follows',
        names.join(', '),
        invert === undefined ? '' : 'yes',
      ];
    });
    expect(tableIn(page, 'transformation')).toEqual(told);
  });

  it('states each limit', () => {
    const stated = tableIn(page, 'limit').map(([name, figure]) => [name, figure]);
    expect(stated).toEqual(
      Object.entries(limits).map(([name, figure]) => [
        `\`${name}\``,
        figure.toLocaleString('en-US'),
      ]),
    );
  });

  it('shows mappings that can be compiled', async () => {
    const blocks = found(read(page), /```json\n([\s\S]*?)```/g);
    expect(blocks.length).toBeGreaterThan(0);
    const anyMapping = mappingShape.or(mappingSchema);
    for (const block of blocks) await compileMapping(anyMapping.parse(JSON.parse(block)));
  });
});
