import { z } from 'zod';
import { isTimeZone } from '../../../platform/time-zone.ts';
import { limits } from './limits.ts';

/*
 * Arguments that several transformations take. A title is the label in a form, the description
 * stands beside it.
 */

/** A value that an argument can hold. */
export const scalar = z.union([z.string().max(limits.argument), z.number(), z.boolean(), z.null()]);

export const shortText = z.string().max(limits.argument);

export const noArguments = z.strictObject({});

export const timeZone = z
  .string()
  .max(60)
  .refine(isTimeZone, 'is no time zone; write one such as America/Denver or UTC')
  .default('UTC')
  .meta({ title: 'Time zone', description: 'An IANA name such as America/Denver.' });

/** A language, of a country if need be; nothing longer, because some are kept by their tag. */
export const locale = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'is no language; write one such as en or pt-BR')
  .refine(
    (tag) => Intl.DisplayNames.supportedLocalesOf(tag).length > 0,
    'is a language that is not known here',
  )
  .default('en');

const currencies = new Set([...Intl.supportedValuesOf('currency'), 'XXX']);

export const isCurrency = (code: string): boolean => currencies.has(code);

/** The code of a currency (ISO 4217). */
export const currencyCode = z
  .string()
  .refine(isCurrency, 'is no currency; write a code such as USD');
