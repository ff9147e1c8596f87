import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../platform/certificates.ts';
import { isLoopback } from '../../platform/http/addresses.ts';
import type { HttpClient } from '../../platform/http/types.ts';

/** Longer chains between a signer and its root are not followed. */
const maxIssuers = 3;

/**
 * The certificates of a file with the issuers that it leaves out, as far as each certificate names
 * where its issuer's is (RFC 5280, 4.2.2.1) and `http` may ask there. Files often hold the signer
 * alone. An issuer that cannot be fetched ends the chain; whether the chain can be trusted is
 * decided by whoever verifies the signature. Never throws.
 */
export async function addIssuers(
  http: HttpClient,
  file: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): Promise<X509Certificate[]> {
  const certificates = [...file];
  for (let added = 0; added < maxIssuers; added += 1) {
    const top = findTop(certificates);
    if (top === undefined || trusted.some((root) => top.checkIssued(root))) break;
    const issuer = await fetchIssuer(http, top);
    if (issuer === undefined) break;
    certificates.push(issuer);
  }
  return certificates;
}

/** The last certificate of the signer's chain; undefined when that one issued itself. */
function findTop(certificates: readonly X509Certificate[]): X509Certificate | undefined {
  let top = certificates[0];
  for (let step = 0; step < certificates.length && top !== undefined; step += 1) {
    const current: X509Certificate = top;
    if (current.checkIssued(current)) return undefined;
    const issuer = certificates.find((other) => other !== current && current.checkIssued(other));
    if (issuer === undefined) return current;
    top = issuer;
  }
  return undefined;
}

async function fetchIssuer(
  http: HttpClient,
  certificate: X509Certificate,
): Promise<X509Certificate | undefined> {
  const url = readIssuerUrl(certificate);
  if (url === undefined) return undefined;
  try {
    const { body } = await http.request({ url, headers: { accept: '*/*' }, binary: true });
    return readCertificates(Buffer.from(body, 'latin1')).find((one) =>
      certificate.checkIssued(one),
    );
  } catch {
    // Out of reach, at a host that may not be asked, or no certificate.
    return undefined;
  }
}

/** Certificates name http:// addresses; the same files are there over https. */
function readIssuerUrl({ infoAccess }: X509Certificate): string | undefined {
  const uri = /^CA Issuers - URI:(\S+)$/m.exec(infoAccess ?? '')?.[1] ?? '';
  const url = URL.parse(uri);
  if (url === null) return undefined;
  if (!isLoopback(url.hostname)) url.protocol = 'https:';
  return url.href;
}
