import { webcrypto, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasTrustedChain } from '#lib/platform/certificates.ts';
import { useDatabase } from '../helpers/database.ts';
import { getCertificates } from '#lib/webhooks/inbound/certificates.ts';

// Brings the configuration along.
useDatabase();
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const files = new Map<string, Buffer>();
let server: Server;
let origin: string;
let root: X509Certificate;
let asked: string[] = [];

interface Party {
  name: string;
  keys: webcrypto.CryptoKeyPair;
}

/** A certificate that names where its issuer's is. */
async function issue(owner: Party, by: Party, issuerFile: string | null): Promise<X509Certificate> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: owner.name,
    issuer: by.name,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    publicKey: owner.keys.publicKey as CryptoKey,
    signingKey: by.keys.privateKey as CryptoKey,
    extensions: [
      new x509.BasicConstraintsExtension(!owner.name.startsWith('CN=leaf'), undefined, true),
      ...(issuerFile === null
        ? []
        : [new x509.AuthorityInfoAccessExtension({ caIssuers: [`${origin}/${issuerFile}`] })]),
    ],
  });
  return new X509Certificate(Buffer.from(certificate.rawData));
}

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const file = files.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200).end(file);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [top, outer, inner, leaf] = await Promise.all(
    ['CN=root', 'CN=outer', 'CN=inner', 'CN=leaf'].map(async (name): Promise<Party> => ({
      name,
      keys: await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
    })),
  );
  if (top === undefined || outer === undefined || inner === undefined || leaf === undefined)
    throw new Error('four parties');
  root = await issue(top, top, null);
  files.set('/outer.crt', (await issue(outer, top, 'root.crt')).raw);
  files.set('/inner.crt', (await issue(inner, outer, 'outer.crt')).raw);
  files.set('/leaf.cer', (await issue(leaf, inner, 'inner.crt')).raw);
  files.set('/lonely.cer', (await issue(leaf, inner, 'nowhere.crt')).raw);
  files.set('/wrong.cer', (await issue(leaf, inner, 'leaf.cer')).raw);
});
afterAll(() => void server.close());

const fetchChain = async (name: string) => {
  asked = [];
  const source = { url: `${origin}/${name}`, hosts: [], documented: [], issuerHosts: [] };
  const { certificates } = await getCertificates(source, 'test');
  const [certificate, ...others] = certificates;
  return (
    certificate !== undefined &&
    hasTrustedChain(certificate, { trusted: [root], others, now: new Date() })
  );
};

it('the chain of a signer that lies alone in its file is followed to a trusted root', async () => {
  expect(await fetchChain('leaf.cer')).toBe(true);
  expect(asked).toEqual(['/leaf.cer', '/inner.crt', '/outer.crt', '/root.crt']);
});

it.each(['lonely.cer', 'wrong.cer'])('%s ends where no issuer is found', async (name) => {
  expect(await fetchChain(name)).toBe(false);
  expect(asked.length).toBe(2);
});
