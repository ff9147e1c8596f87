import { affix } from './affix.ts';
import { alternatives } from './alternatives.ts';
import { bands } from './bands.ts';
import { boolean } from './boolean.ts';
import { booleanFormat } from './boolean-format.ts';
import { byPosition } from './by-position.ts';
import { changeCase } from './case.ts';
import { clamp } from './clamp.ts';
import { coalesce } from './coalesce.ts';
import { concat } from './concat.ts';
import { conditional } from './conditional.ts';
import { constant } from './constant.ts';
import { count } from './count.ts';
import { country } from './country.ts';
import { currency } from './currency.ts';
import { dateFormat } from './date-format.ts';
import { dateParse } from './date-parse.ts';
import { datePart } from './date-part.ts';
import { dateShift } from './date-shift.ts';
import { defaultValue } from './default.ts';
import { domain } from './domain.ts';
import { email } from './email.ts';
import { filter } from './filter.ts';
import { first } from './first.ts';
import { firstValid } from './first-valid.ts';
import { hash } from './hash.ts';
import { htmlText } from './html-text.ts';
import { join } from './join.ts';
import { label } from './label.ts';
import { language } from './language.ts';
import { last } from './last.ts';
import { lookup } from './lookup.ts';
import { map } from './map.ts';
import { mask } from './mask.ts';
import { money } from './money.ts';
import { moneyFormat } from './money-format.ts';
import { nameJoin } from './name-join.ts';
import { nameSplit } from './name-split.ts';
import { numberFormat } from './number-format.ts';
import { numberParse } from './number-parse.ts';
import { pad } from './pad.ts';
import { path } from './path.ts';
import { percent } from './percent.ts';
import { phone } from './phone.ts';
import { regexExtract } from './regex-extract.ts';
import { regexReplace } from './regex-replace.ts';
import { replace } from './replace.ts';
import { round } from './round.ts';
import { scale } from './scale.ts';
import { slice } from './slice.ts';
import { split } from './split.ts';
import { template } from './template.ts';
import { text } from './text.ts';
import { trim } from './trim.ts';
import { unique } from './unique.ts';
import { unit } from './unit.ts';
import type { Transformation } from './kit/define.ts';

/** All transformations, in the order in which forms and docs list them. */
export const transformations: readonly Transformation[] = [
  affix,
  alternatives,
  bands,
  boolean,
  booleanFormat,
  byPosition,
  changeCase,
  clamp,
  coalesce,
  concat,
  conditional,
  constant,
  count,
  country,
  currency,
  dateFormat,
  dateParse,
  datePart,
  dateShift,
  defaultValue,
  domain,
  email,
  filter,
  first,
  firstValid,
  hash,
  htmlText,
  join,
  label,
  language,
  last,
  lookup,
  map,
  mask,
  money,
  moneyFormat,
  nameJoin,
  nameSplit,
  numberFormat,
  numberParse,
  pad,
  path,
  percent,
  phone,
  regexExtract,
  regexReplace,
  replace,
  round,
  scale,
  slice,
  split,
  template,
  text,
  trim,
  unique,
  unit,
];

const byName = new Map(transformations.map((one) => [one.name, one]));

export const findTransformation = (name: string): Transformation | undefined => byName.get(name);
