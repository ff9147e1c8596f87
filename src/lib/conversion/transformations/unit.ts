import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';

/** How many of the first unit of its group each unit is; factors are exact by definition. */
const groups = {
  length: { m: 1, mm: 0.001, cm: 0.01, km: 1000, in: 0.0254, ft: 0.3048, yd: 0.9144, mi: 1609.344 },
  area: { m2: 1, ha: 10_000, km2: 1e6, ft2: 0.092_903_04, acre: 4046.856_422_4 },
  mass: { kg: 1, g: 0.001, t: 1000, oz: 0.028_349_523_125, lb: 0.453_592_37 },
  volume: { l: 1, ml: 0.001, m3: 1000, 'us-gal': 3.785_411_784, 'uk-gal': 4.546_09 },
  time: { s: 1, ms: 0.001, min: 60, h: 3600, d: 86_400, week: 604_800 },
  data: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
} as const;

const factors = new Map(
  Object.entries(groups).flatMap(([group, units]) =>
    Object.entries(units).map(([unit, factor]) => [unit, { group, factor }] as const),
  ),
);

/** Zero and steps of temperature scales, in kelvin. */
const temperatures = new Map([
  ['C', { zero: 273.15, step: 1 }],
  ['F', { zero: 459.67 * (5 / 9), step: 5 / 9 }],
  ['K', { zero: 0, step: 1 }],
]);

const unitName = z.enum([...factors.keys(), ...temperatures.keys()]);

/** Digits that are left; binary fractions err in those behind. */
const DIGITS = 12;

export const unit = defineTransformation({
  name: 'unit',
  help: 'Converts a number from one unit of measurement into another.',
  from: 'number',
  to: 'number',
  args: z
    .strictObject({
      from: unitName.meta({ title: 'From', description: 'The unit of the number.' }),
      to: unitName.meta({ title: 'To', description: 'The unit of the result.' }),
    })
    .refine(({ from, to }) => groupOf(from) === groupOf(to), {
      path: ['to'],
      message: 'measures something else; choose two units of one kind',
    }),
  limits: `Rounded to ${DIGITS} significant digits.`,
  apply: ({ from, to }) => {
    const convert = compileUnits(from, to);
    return (number) => Number(convert(number).toPrecision(DIGITS));
  },
  examples: [
    { args: { from: 'mi', to: 'km' }, given: 1, gives: 1.609344 },
    { args: { from: 'F', to: 'C' }, given: 212, gives: 100 },
    { args: { from: 'min', to: 'h' }, given: 90, gives: 1.5 },
    { args: { from: 'GiB', to: 'MB' }, given: 1, gives: 1073.741824 },
  ],
});

const groupOf = (name: string): string => factors.get(name)?.group ?? 'temperature';

function compileUnits(from: string, to: string): (value: number) => number {
  const [one, other] = [temperatures.get(from), temperatures.get(to)];
  if (one !== undefined && other !== undefined)
    return (value) => (value * one.step + one.zero - other.zero) / other.step;
  const ratio = (factors.get(from)?.factor ?? 1) / (factors.get(to)?.factor ?? 1);
  return (value) => value * ratio;
}
