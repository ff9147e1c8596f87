import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { readCertificates } from '../../platform/certificates.ts';
import { config } from '../../platform/config.ts';
import { Problem } from '../../platform/errors.ts';

let cached: { file: string | undefined; certificates: readonly X509Certificate[] } | undefined;

/**
 * The trusted roots of the certificate chains of deliveries: those in WEBHOOK_TRUST_FILE, else the
 * public roots that Node includes. Throws Problem `unavailable` when the file cannot be used.
 */
export function getTrustedCertificates(): readonly X509Certificate[] {
  const file = config().WEBHOOK_TRUST_FILE;
  if (cached === undefined || cached.file !== file)
    cached = { file, certificates: file === undefined ? readPublicRoots() : readTrustFile(file) };
  return cached.certificates;
}

function readPublicRoots(): X509Certificate[] {
  return rootCertificates.flatMap((pem) => readCertificates(Buffer.from(pem)));
}

function readTrustFile(file: string): X509Certificate[] {
  try {
    return readCertificates(readFileSync(file));
  } catch {
    throw new Problem(
      'unavailable',
      'WEBHOOK_TRUST_FILE does not name a readable file with certificates in PEM. Correct it and ' +
        'start again.',
    );
  }
}
