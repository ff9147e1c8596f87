import { error, info, warning } from '../findings.ts';
import type { Finding } from '../types.ts';
import type { DkimKey, KeyFault } from './key.ts';

/** RFC 8301: verifiers must reject RSA keys below 1024 bits, and signers should use 2048. */
export const MIN_BITS = 1024;
export const RECOMMENDED_BITS = 2048;
/** The longest key that every verifier must be able to use (RFC 8301, section 3.2). */
export const MAX_BITS = 4096;

/** What is wrong with a live key. */
export function reportKey(selector: string, key: DkimKey): Finding[] {
  return [
    ...(key.malformed ? [reportMalformed(selector, key)] : []),
    ...(key.bits === null ? [] : reportBits(selector, key.bits)),
    ...(key.testing ? [reportTesting(selector)] : []),
  ];
}

const faultLabels: Record<KeyFault, string> = {
  key: 'the key cannot be read',
  type: 'verifiers do not know its type. Use rsa or ed25519',
  base64: 'it is not in base64: a character is missing, cut off or too many',
  version: 'the version (v=DKIM1) is not in front',
  duplicate: 'a tag is there twice, which invalidates the record',
  hash: 'it allows no signatures by SHA-256 (h), and verifiers refuse SHA-1',
  service: 'it is not for e-mail (s)',
  exponent: 'its exponent makes signatures worthless',
};

function reportMalformed(selector: string, { keyType, fault = 'key' }: DkimKey): Finding {
  return error(
    'dkim.malformed_key',
    `The key at the selector ${selector} (type ${keyType}) is not valid, so its signatures do ` +
      `not count: ${faultLabels[fault]}. Correct the record or publish the key again.`,
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
  if (bits > MAX_BITS)
    return [
      warning(
        'dkim.long_key',
        `The key at the selector ${selector} has ${bits} bits. Verifiers need not support more ` +
          `than ${MAX_BITS}. Replace it with one of ${RECOMMENDED_BITS} bits.`,
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

export function reportDuplicates(selector: string): Finding {
  return warning(
    'dkim.several_records',
    `There are several key records at the selector ${selector}, and verifiers may use any of ` +
      'them, so signatures fail at random. Keep one, and give other keys selectors of their own.',
  );
}

export function reportNearMiss(selector: string): Finding {
  return warning(
    'dkim.not_a_record',
    `The record at the selector ${selector} looks like a key but does not begin with exactly ` +
      '"v=DKIM1;", so verifiers do not read it. Correct it.',
  );
}
