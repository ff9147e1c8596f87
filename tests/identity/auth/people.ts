import { createHmac, randomBytes } from 'node:crypto';
import { addressHeader } from '#lib/identity/auth/client.ts';
import { readSession, type SignedIn } from '#lib/identity/auth/sessions.ts';
import { signIn, type SignInStep } from '#lib/identity/auth/sign-in.ts';
import { Problem } from '#lib/platform/errors.ts';

export const password = 'correct horse battery';

/** A browser without a network: an address and a cookie jar. */
export class Browser {
  readonly jar = new Map<string, string>();
  address: string;

  constructor(address = `10.${randomBytes(3).join('.')}`) {
    this.address = address;
  }

  get client(): Headers {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    return new Headers({
      [addressHeader]: this.address,
      'user-agent': 'Test browser',
      ...(cookie && { cookie }),
    });
  }

  keep(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals);
      if (/max-age=0/i.test(line)) this.jar.delete(name);
      else this.jar.set(name, pair.slice(equals + 1));
    }
  }

  async signIn(email: string, secret = password): Promise<SignInStep> {
    const step = await signIn({ email, password: secret }, this.client);
    this.keep(step.cookies);
    return step;
  }

  async session(): Promise<SignedIn | null> {
    return (await readSession(this.client)).signedIn;
  }

  async signedIn(): Promise<SignedIn> {
    const session = await this.session();
    if (session === null) throw new Error('Nobody is signed in');
    return session;
  }
}

/** The Problem that `work` ends in; anything else fails the test. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was expected to be refused');
}

/** A code as an authenticator app makes it (RFC 6238, SHA-1, 30 s, six digits). */
export function totp(key: string, at = Date.now()): string {
  const bits = [...key]
    .map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    .join('');
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The token of a link such as `…/reset-password?token=x` or `…/invitations/x`. */
export function tokenOf(link: string): string {
  const url = new URL(link);
  return url.searchParams.get('token') ?? url.pathname.split('/').at(-1) ?? '';
}
