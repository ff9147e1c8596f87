import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';

/** A certificate in PEM with the key of its owner. */
interface Identity {
  certificate: string;
  key: KeyObject;
}

/**
 * An authority of our own in the place of Microsoft's, and what it issued. `attacker` issues itself
 * whatever it likes.
 */
export interface Authority {
  /** What a receiver has to trust, in PEM. */
  root: string;
  /**
   * In the order in which a file holds them: the signer, then the authority between it and the
   * root.
   */
  signer: Identity & { chain: string };
  /** Issued like the signer, and not valid any more. */
  expired: Identity & { chain: string };
  /** Issued by the same root to somebody else's company. */
  otherCompany: Identity;
  /** Signed by itself under the names of the signer. */
  selfSigned: Identity;
  /** A chain that looks like the real one from leaf to root, made by an attacker. */
  attacker: Identity & { chain: string };
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const DAY = 86_400_000;
const MICROSOFT = 'O=Microsoft Corporation, OU=Sandbox imitation';
const OTHER = 'O=Somebody Else, OU=Sandbox imitation';
let made: Promise<Authority> | undefined;

/** Made once for each process, because keys take their time. */
export function authority(): Promise<Authority> {
  return (made ??= make());
}

/**
 * The library is only there where the tests are, and only loaded when somebody wants certificates.
 */
async function make(): Promise<Authority> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const pair = () => webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const [rootKeys, middleKeys, signerKeys, attackerKeys] = await Promise.all([
    pair(),
    pair(),
    pair(),
    pair(),
  ]);
  const issue = async (
    name: string,
    keys: webcrypto.CryptoKeyPair,
    by: { name: string; keys: webcrypto.CryptoKeyPair },
    { ca = false, days = [-2, 365] }: { ca?: boolean; days?: [number, number] | number[] } = {},
  ) => {
    const [from = 0, to = 0] = days.map((day) => Date.now() + day * DAY);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: name,
      issuer: by.name,
      notBefore: new Date(from),
      notAfter: new Date(to),
      signingAlgorithm: RSA,
      publicKey: keys.publicKey as CryptoKey,
      signingKey: by.keys.privateKey as CryptoKey,
      extensions: [new x509.BasicConstraintsExtension(ca, undefined, true)],
    });
    return certificate.toString('pem');
  };
  const root = { name: `CN=Sandbox Root, ${MICROSOFT}`, keys: rootKeys };
  const middle = { name: `CN=Sandbox Issuing, ${MICROSOFT}`, keys: middleKeys };
  const forged = { name: middle.name, keys: attackerKeys };
  const rootPem = await issue(root.name, rootKeys, root, { ca: true });
  const middlePem = await issue(middle.name, middleKeys, root, { ca: true });
  const leaf = `CN=notifications.sandbox, ${MICROSOFT}`;
  const [signer, expired, otherMiddle, selfSigned, attacker, attackerCa] = [
    await issue(leaf, signerKeys, middle),
    await issue(leaf, signerKeys, middle, { days: [-30, -1] }),
    await issue(`CN=Issuing, ${OTHER}`, middleKeys, root, { ca: true }),
    await issue(leaf, attackerKeys, { name: leaf, keys: attackerKeys }),
    await issue(leaf, attackerKeys, forged),
    await issue(forged.name, attackerKeys, { name: root.name, keys: attackerKeys }, { ca: true }),
  ];
  const other = await issue(`CN=notifications.other, ${OTHER}`, signerKeys, {
    name: `CN=Issuing, ${OTHER}`,
    keys: middleKeys,
  });
  const [key, attackerKey] = [await exportKey(signerKeys), await exportKey(attackerKeys)];
  return {
    root: rootPem,
    signer: { certificate: signer, key, chain: `${signer}\n${middlePem}` },
    expired: { certificate: expired, key, chain: `${expired}\n${middlePem}` },
    otherCompany: { certificate: `${other}\n${otherMiddle}`, key },
    selfSigned: { certificate: selfSigned, key: attackerKey },
    attacker: { certificate: attacker, key: attackerKey, chain: `${attacker}\n${attackerCa}` },
  };
}

async function exportKey({ privateKey }: webcrypto.CryptoKeyPair): Promise<KeyObject> {
  return createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
}
