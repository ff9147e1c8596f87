import fc from 'fast-check';

export const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);

export const domain = fc
  .tuple(
    fc.array(label, { minLength: 1, maxLength: 10 }),
    fc.constantFrom('com', 'test', 'co.uk', 'example'),
  )
  .map(([labels, end]) => `${labels.join('.')}.${end}`);

/** Text as a stranger's TXT record may hold it: near to what is meant, or anything. */
export const recordLike = (...pieces: string[]) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 12 })), { maxLength: 14 })
      .map((parts) => parts.join('')),
  );
