import fc from 'fast-check';
import type { StepData } from '#lib/conversion/transformations/kit/steps.ts';
import type { Json } from '#lib/conversion/transformations/kit/value.ts';
import { transformations } from '#lib/conversion/transformations/registry.ts';

/** Any JSON, with names that objects inherit and texts that steps look for. */
export const anyJson: fc.Arbitrary<Json> = fc
  .oneof(
    fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
    fc.constantFrom('2026-10-01', '12,5', '$45,000', 'ana@x.example', '+12025550123', ' ', 'true'),
    fc.constantFrom('__proto__', '\u0000', '\uD800', 'Germany', '€', 'Lima, Ana', '<p>x'),
  )
  .map((value) => value as Json);

/** An item of a source. */
export const anyItem: fc.Arbitrary<unknown> = fc.oneof(
  anyJson,
  fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), anyJson),
);

/** A step with arguments that its examples use. */
export const anyStep: fc.Arbitrary<StepData> = fc
  .constantFrom(...transformations)
  .chain(({ name, examples }) =>
    fc.constantFrom(...examples).map(({ args }) => ({ fn: name, ...(args && { args }) })),
  );

export const anyPath: fc.Arbitrary<string> = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'a[0]',
  'b[*]',
  'c[*].a[*]',
  '["toString"]',
);
