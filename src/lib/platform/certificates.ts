import { X509Certificate } from 'node:crypto';

/** Longer chains are not trusted. */
const maxChainLength = 5;
const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The certificates in the content of a file: one in DER, or any number in PEM, in their order.
 * Throws if it contains none or anything else.
 */
export function readCertificates(file: Uint8Array): X509Certificate[] {
  const blocks = Buffer.from(file).toString('latin1').match(pemBlock);
  return blocks === null
    ? [new X509Certificate(Buffer.from(file))]
    : blocks.map((block) => new X509Certificate(block));
}

/** Where a chain may end, which intermediates it may use, and when it has to be valid. */
export interface ChainOptions {
  trusted: readonly X509Certificate[];
  others?: readonly X509Certificate[];
  now: Date;
}

/**
 * Whether a trusted certificate has issued this one, directly or through intermediates. Each issuer
 * has signed the certificate before it, may sign certificates, and is valid. A self-signed
 * certificate is trusted only if it is one of the trusted ones itself.
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
    // The issuer's key is of another type than the signature.
    return false;
  }
}
