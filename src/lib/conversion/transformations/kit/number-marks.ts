import { z } from 'zod';

/** The marks in written numbers. */
export const decimalMark = z
  .enum(['.', ','])
  .default('.')
  .meta({ title: 'Decimal mark', description: 'What stands before the decimals.' });

export const groupMark = z.enum(['', ',', '.', ' ', "'", '\u00A0', '\u202F']).default('').meta({
  title: 'Grouping mark',
  description: 'What stands between thousands; nothing if empty.',
});
