import { X509Certificate } from 'node:crypto';

/** Longer chains than this are none. */
const maxChainLength = 5;
const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The certificates of a file: one in DER, or any number in PEM, in their order. Throws when it
 * holds none, or something else.
 */
export function readCertificates(file: Uint8Array): X509Certificate[] {
  const blocks = Buffer.from(file).toString('latin1').match(pemBlock);
  return blocks === null
    ? [new X509Certificate(Buffer.from(file))]
    : blocks.map((block) => new X509Certificate(block));
}

/** What a chain may end at, what it may lead through, and when it has to be valid. */
export interface ChainOptions {
  trusted: readonly X509Certificate[];
  others?: readonly X509Certificate[];
  now: Date;
}

/**
 * Whether a certificate was issued, directly or through others, by one that is trusted. Each on the
 * way signed the one before, may sign certificates, and is valid. A certificate is never trusted
 * because it says so itself.
 */
export function hasTrustedChain(
  certificate: X509Certificate,
  options: ChainOptions,
  depth = 0,
): boolean {
  if (depth > maxChainLength || !isValid(certificate, options.now)) return false;
  const isIssuer = (candidate: X509Certificate) =>
    candidate.ca && isValid(candidate, options.now) && hasIssued(candidate, certificate);
  if (options.trusted.some(isIssuer)) return true;
  return (options.others ?? []).some(
    (other) =>
      other.fingerprint256 !== certificate.fingerprint256 &&
      isIssuer(other) &&
      hasTrustedChain(other, options, depth + 1),
  );
}

function isValid({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of another kind than the signature.
    return false;
  }
}
