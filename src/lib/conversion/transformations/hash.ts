import { hash as digest } from 'node:crypto';
import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';

export const hash = defineTransformation({
  name: 'hash',
  help: 'Replaces a text by its SHA-256 digest, so that equal texts can be matched unread.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    length: z.int().min(8).max(64).default(64).meta({
      title: 'Length',
      description: 'How many of the 64 hexadecimal digits are kept, from the first.',
    }),
  }),
  limits: 'It has no key: whoever guesses a text can tell that it is the one.',
  apply:
    ({ length }) =>
    (text) =>
      digest('sha256', text, 'hex').slice(0, length),
  examples: [
    {
      given: 'abc',
      gives: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    },
    { args: { length: 8 }, given: 'abc', gives: 'ba7816bf' },
  ],
});
