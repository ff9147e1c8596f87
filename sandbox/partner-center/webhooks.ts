import { sign, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { SandboxClock } from '../kit/clock.ts';
import { json, type Reply, type Route, type SandboxRequest } from '../kit/provider.ts';
import { authority, type Authority } from './authority.ts';
import { instant } from './life.ts';

interface Registration {
  WebhookUrl: string;
  WebhookEvents: string[];
  signatureTokenToMsSignatureHeader?: boolean;
}

const EVENTS = [
  'referral-created',
  'referral-updated',
  'related-referral-created',
  'related-referral-updated',
  'test-created',
] as const;
const registrationBody = z.object({
  WebhookUrl: z.url(),
  WebhookEvents: z.array(z.enum(EVENTS)).min(1),
  signatureTokenToMsSignatureHeader: z.boolean().optional(),
}) as z.ZodType<Registration>;

/** One notice as it goes over the wire. */
export interface Notice {
  event: string;
  id: string;
  /** Default: now. */
  at?: number;
}

/** How a delivery is forged; absent: not at all. */
export type Forgery =
  | 'no signature'
  | 'other signature'
  | 'changed body'
  | 'sha1'
  | 'no algorithm'
  | 'foreign host'
  | 'plain http'
  | 'expired'
  | 'self-signed'
  | 'attacker chain'
  | 'other company'
  | 'authority as signer'
  | 'no certificate'
  | 'private address';

export interface DeliveryOptions {
  forgery?: Forgery;
  hash?: 'sha256' | 'sha384' | 'sha512';
  /** Default: where the account is registered. */
  url?: string;
}

/** As documented. The pauses between tries are those of a sandbox. */
const ATTEMPTS = 10;
const PAUSE_MS = 20;

/** Registrations of webhooks, the certificates that sign their notices, and the sending of them. */
export class WebhookDesk {
  readonly #clock: SandboxClock;
  readonly #registrations = new Map<string, Registration>();
  readonly #testsAt = new Map<string, number[]>();
  /** The guide writes names like WebhookUrl, the specification like webhookUrl. */
  casing: 'guide' | 'specification' = 'guide';

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  registration(account: string): Registration | undefined {
    return this.#registrations.get(account);
  }

  routes(findAccount: (request: SandboxRequest) => string | null): Route[] {
    const path = 'webhooks/v1/registration';
    const guarded =
      (handle: (account: string, request: SandboxRequest) => Reply) =>
      (request: SandboxRequest) => {
        const account = findAccount(request);
        return account === null
          ? json({ code: '900', description: 'Unauthorized' }, 401)
          : handle(account, request);
      };
    const keep = (account: string, { body }: SandboxRequest) => {
      const parsed = registrationBody.safeParse(JSON.parse(body));
      if (!parsed.success)
        return json({ code: '800400', description: 'Registration is not valid' }, 400);
      this.#registrations.set(account, parsed.data);
      return json(this.#inCase({ SubscriberId: account, ...parsed.data }));
    };
    return [
      {
        method: 'GET',
        pattern: path,
        handle: guarded((account) =>
          this.#registrations.has(account)
            ? json(this.#inCase({ ...this.#registrations.get(account) }))
            : json({ code: '800404', description: 'Registration not found' }, 404),
        ),
      },
      {
        method: 'POST',
        pattern: path,
        handle: guarded((account, request) =>
          this.#registrations.has(account)
            ? json({ code: '800409', description: 'Registration exists' }, 409)
            : keep(account, request),
        ),
      },
      {
        method: 'PUT',
        pattern: path,
        handle: guarded((account, request) =>
          this.#registrations.has(account)
            ? keep(account, request)
            : json({ code: '800404', description: 'Registration not found' }, 404),
        ),
      },
      {
        method: 'POST',
        pattern: `${path}/validationEvents`,
        handle: guarded((account, request) => this.#test(account, request)),
      },
      {
        method: 'GET',
        pattern: 'cert/:name',
        handle: async ({ params }) => certificate(await authority(), params.name ?? ''),
      },
    ];
  }

  #inCase(fields: Record<string, unknown>): Record<string, unknown> {
    const rename = (name: string) =>
      this.casing === 'guide' ? name : name.charAt(0).toLowerCase() + name.slice(1);
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
  }

  /** Two in a minute, and only for those who are registered for the event. */
  #test(account: string, { headers }: SandboxRequest): Reply {
    if (this.#registrations.get(account)?.WebhookEvents.includes('test-created') !== true)
      return json({ code: '800404', description: 'Registration not found' }, 404);
    const now = this.#clock.now();
    const recent = (this.#testsAt.get(account) ?? []).filter((at) => at > now - 60_000);
    if (recent.length >= 2)
      return {
        ...json(
          { statusCode: 429, message: 'Rate limit is exceeded. Try again in 57 seconds.' },
          429,
        ),
        headers: { 'content-type': 'application/json', 'retry-after': '57' },
      };
    this.#testsAt.set(account, [...recent, now]);
    void this.deliver(account, `http://${headers.host}`, { event: 'test-created', id: 'test' });
    return json({ correlationId: 'sandbox' }, 202);
  }

  /**
   * Sends a notice until it is taken, ten times at most. @returns the statuses of its tries, 0 for
   * no answer
   */
  async deliver(
    account: string,
    sandboxUrl: string,
    notice: Notice,
    options: DeliveryOptions = {},
  ): Promise<number[]> {
    const statuses: number[] = [];
    const message = await this.message(account, sandboxUrl, notice, options);
    const url = options.url ?? this.#registrations.get(account)?.WebhookUrl;
    if (url === undefined) return [];
    for (let attempt = 0; attempt < (options.forgery === undefined ? ATTEMPTS : 1); attempt += 1) {
      const status = await fetch(url, { method: 'POST', ...message }).then(
        (response) => response.status,
        () => 0,
      );
      statuses.push(status);
      if (status >= 200 && status < 300) break;
      await sleep(PAUSE_MS);
    }
    return statuses;
  }

  /**
   * What would be sent, for those who send it themselves: again, in another order, or to somebody
   * else.
   */
  async message(
    account: string,
    sandboxUrl: string,
    { event, id, at = this.#clock.now() }: Notice,
    { forgery, hash = 'sha256' }: DeliveryOptions = {},
  ): Promise<{ headers: Record<string, string>; body: string }> {
    const uri = `https://api.partnercenter.microsoft.com/engagements/v1/referrals/${id}`;
    const body = JSON.stringify(
      this.#inCase({
        EventName: event,
        ResourceUri: uri,
        ResourceName: 'referral',
        AuditUri: null,
        ResourceChangeUtcDate: instant(at).replace('Z', '+00:00'),
      }),
    );
    const [file, key] = chooseSigner(await authority(), forgery);
    const signature = sign(
      forgery === 'sha1' ? 'sha1' : hash,
      Buffer.from(forgery === 'other signature' ? `${body} ` : body),
      key,
    ).toString('base64');
    const inOwnHeader =
      this.#registrations.get(account)?.signatureTokenToMsSignatureHeader === true;
    const headers = {
      'content-type': 'application/json',
      ...(forgery !== 'no signature' &&
        (inOwnHeader
          ? { 'x-ms-signature': signature }
          : { authorization: `Signature ${signature}` })),
      ...(forgery !== 'no certificate' && {
        'x-ms-certificate-url': certificateUrl(sandboxUrl, file, forgery),
      }),
      ...(forgery !== 'no algorithm' && {
        'x-ms-signature-algorithm': `rsa-${forgery === 'sha1' ? 'sha1' : hash}`,
      }),
    };
    return {
      headers,
      body: forgery === 'changed body' ? body.replace(event, 'referral-deleted') : body,
    };
  }
}

function certificateUrl(sandboxUrl: string, file: string, forgery: Forgery | undefined): string {
  if (forgery === 'foreign host') return `https://evil.blob.core.windows.net/cert/${file}`;
  if (forgery === 'plain http') return `http://3psostorageacct.blob.core.windows.net/cert/${file}`;
  if (forgery === 'private address') return `https://169.254.169.254/cert/${file}`;
  return `${sandboxUrl}/partner-center/cert/${file}`;
}

function chooseSigner(
  { signer, selfSigned, attacker }: Authority,
  forgery: Forgery | undefined,
): [string, KeyObject] {
  switch (forgery) {
    case 'expired':
      return ['expired.cer', signer.key];
    case 'other company':
      return ['other-company.cer', signer.key];
    case 'self-signed':
      return ['self-signed.cer', selfSigned.key];
    case 'attacker chain':
      return ['attacker.cer', attacker.key];
    case 'authority as signer':
      return ['root.cer', signer.key];
    default:
      return ['signer.cer', signer.key];
  }
}

function certificate(
  { root, signer, expired, otherCompany, selfSigned, attacker }: Authority,
  name: string,
): Reply {
  const files: Record<string, string> = {
    'root.cer': root,
    'signer.cer': signer.chain,
    'expired.cer': expired.chain,
    'other-company.cer': otherCompany.certificate,
    'self-signed.cer': selfSigned.certificate,
    'attacker.cer': attacker.chain,
  };
  const body = files[name];
  return body === undefined
    ? json({ error: 'BlobNotFound' }, 404)
    : { status: 200, headers: { 'content-type': 'application/x-x509-ca-cert' }, body };
}
