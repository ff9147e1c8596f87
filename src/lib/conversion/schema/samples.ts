import { getOwn } from '../../platform/own.ts';
import { isPlainDecimal } from '../transformations/kit/decimal.ts';
import { isBlank } from '../transformations/kit/text.ts';
import { isOfType, typeOf, type ValueType } from '../transformations/kit/types.ts';
import type { StepData } from '../transformations/kit/steps.ts';
import type { Json } from '../transformations/kit/value.ts';

/** Characters of a sample that are looked at. */
const lookAt = 200;

const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$/.test(text);
const isFlag = (text: string) => /^(true|false|yes|no)$/i.test(text);
const isMail = (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
const isSite = (text: string) => /^(https?:\/\/|www\.)\S+$/i.test(text);
const isPhone = (text: string) => /^\+?[\d\s().-]{7,}$/.test(text) && !isPlainDecimal(text);

/** What text can hold besides text. The first that all samples are tells what the field holds. */
const contents: readonly (readonly [content: string, test: (text: string) => boolean])[] = [
  ['number', isPlainDecimal],
  ['instant', isDate],
  ['boolean', isFlag],
  ['email', isMail],
  ['website', isSite],
  ['phone', isPhone],
];

/** What the samples of a field hold: a type, or what their text is. Undefined without samples. */
export function findContent(samples: readonly Json[]): string | undefined {
  const known = samples.filter((sample) => !isBlank(sample));
  const [first = null] = known;
  if (first === null) return undefined;
  const type = typeof first === 'string' ? 'text' : typeOf(first);
  if (!known.every(isOfType[type])) return 'any';
  if (type !== 'text') return type;
  const texts = known.map((sample) => String(sample).slice(0, lookAt));
  return contents.find(([, test]) => texts.every(test))?.[0] ?? 'text';
}

/**
 * The steps that make what a field holds into what another wants; undefined if none do. Of a field
 * without samples the best is assumed.
 */
export function findReader(
  content: string | undefined,
  want: ValueType,
): readonly StepData[] | undefined {
  return want === 'any' ? [] : getOwn(readers[want], content ?? want);
}

const trim: readonly StepData[] = [{ fn: 'trim' }];
const write: readonly StepData[] = [{ fn: 'text' }];
const parseNumber: readonly StepData[] = [{ fn: 'number-parse' }];
const readMoney: readonly StepData[] = [{ fn: 'money' }];

/** By the type that is wanted, then by what is there. */
const readers: Readonly<
  Record<Exclude<ValueType, 'any'>, Readonly<Record<string, readonly StepData[]>>>
> = {
  text: {
    text: trim,
    email: trim,
    website: trim,
    phone: trim,
    instant: trim,
    number: write,
    boolean: write,
  },
  number: { number: parseNumber },
  amount: { amount: readMoney, number: readMoney, text: readMoney },
  boolean: { boolean: [{ fn: 'boolean' }] },
  instant: { instant: [{ fn: 'date-parse' }] },
  list: { list: [] },
  object: { object: [] },
};
