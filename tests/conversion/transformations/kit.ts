import type { StepData } from '#lib/conversion/transformations/kit/steps.ts';
import type { Json } from '#lib/conversion/transformations/kit/value.ts';
import { compileMapping, type Converted } from '#lib/conversion/schema/compile.ts';
import { mappingShape } from '#lib/conversion/schema/shape.ts';

/** What steps make of a value, as the field "out" of a mapping. */
export async function run(steps: readonly StepData[], given: Json): Promise<Converted> {
  const mapping = mappingShape.parse([{ target: 'out', sources: ['in'], steps }]);
  const convert = await compileMapping(mapping);
  return convert({ in: given });
}
