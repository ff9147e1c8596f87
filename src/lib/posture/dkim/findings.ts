import { error, info, warning } from '../findings.ts';
import type { Finding } from '../types.ts';
import type { DkimKey } from './key.ts';

/** RFC 8301: verifiers must reject RSA keys below 1024 bits, and signers should use 2048. */
export const MIN_BITS = 1024;
export const RECOMMENDED_BITS = 2048;

/** What is wrong with a live key. */
export function reportKey(selector: string, key: DkimKey): Finding[] {
  return [
    ...(key.malformed ? [reportMalformed(selector, key.keyType)] : []),
    ...(key.bits === null ? [] : reportBits(selector, key.bits)),
    ...(key.testing ? [reportTesting(selector)] : []),
  ];
}

function reportMalformed(selector: string, keyType: string): Finding {
  return error(
    'dkim.malformed_key',
    `The key at the selector ${selector} (type ${keyType}) is not valid, so its signatures do ` +
      'not count. Publish it again.',
  );
}

function reportBits(selector: string, bits: number): Finding[] {
  const what = `The key at the selector ${selector} has only ${bits} bits.`;
  if (bits < MIN_BITS)
    return [
      error(
        'dkim.short_key',
        `${what} Receivers ignore keys below ${MIN_BITS} bits. ` +
          `Replace it with one of ${RECOMMENDED_BITS} bits.`,
      ),
    ];
  return bits < RECOMMENDED_BITS
    ? [warning('dkim.weak_key', `${what} Replace it with one of ${RECOMMENDED_BITS} bits.`)]
    : [];
}

function reportTesting(selector: string): Finding {
  return warning(
    'dkim.testing',
    `The key at the selector ${selector} is in testing mode (t=y), so receivers may ignore its ` +
      'signatures. Remove t=y.',
  );
}

export function reportRevoked(selector: string): Finding {
  return info('dkim.revoked', `The key at the selector ${selector} is revoked.`);
}

export const allRevoked = info(
  'dkim.all_revoked',
  'A wildcard record revokes every DKIM key that is not published by name, as is usual for ' +
    'domains that send no mail.',
);

export const wildcardIgnored = info(
  'dkim.wildcard',
  'Every name below _domainkey has the same TXT record (a wildcard), which was ignored.',
);

export const notFound = info(
  'dkim.not_found',
  'None of the common selectors has an active key. The domain may use another selector, ' +
    'so this proves nothing.',
);

export const subtreeFound = info(
  'dkim.subtree',
  'The name _domainkey exists, so there probably is a key under a less common selector.',
);
