import { randomBytes } from 'node:crypto';
import { parseCookies } from 'better-auth/cookies';
import { and, eq } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { accounts, users } from '../../schema/identity.ts';
import { toStoredEmail } from './input.ts';
import { createMac, isMac } from './mac.ts';
import { formatSetCookie, type CookieShape } from './set-cookie.ts';

/*
 * A device cookie says that somebody has signed in to an account with this browser before. It
 * spares the browser the limits that strangers can exhaust (hooks.ts), and opens nothing: password
 * and code are asked for as ever. docs/decisions/0029-sign-in-limits.md has the reasons.
 *
 * The cookie holds a token for each of the last accounts: a random id, when it was made, and a code
 * over both, the account and its password hash. So a token names nobody, serves for one account,
 * and ends when the password changes, without a table.
 */

/** better-auth's `createAuthCookie`, which knows the prefix and the attributes of our cookies. */
type CreateCookie = (name: string, attributes: { maxAge: number }) => CookieShape;

interface Token {
  text: string;
  id: string;
  /** Seconds since 1970. */
  madeAt: number;
  mac: string;
}

interface Account {
  userId: string;
  passwordHash: string;
}

const lifetimeSeconds = 365 * 24 * 60 * 60;
/** Staff and testers share a browser between accounts; the cookie stays below 400 bytes. */
const maxTokens = 4;
const tokenPattern = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/;

/**
 * The random id of the browser's token for the account of `email`; undefined without a valid one.
 * An address without an account takes the same steps.
 */
export async function findDevice(
  createCookie: CreateCookie,
  client: Headers,
  email: string,
): Promise<string | undefined> {
  const tokens = readTokens(createCookie, client);
  if (tokens.length === 0) return undefined;
  const account = (await findAccount(eq(users.email, toStoredEmail(email)))) ?? nobody;
  return tokens.filter((token) => isTokenOf(token, account)).at(0)?.id;
}

/**
 * Set-Cookie for the browser of `client` that just signed in as the user; undefined for a user
 * without a password. Each sign-in makes a new token, so that a copy of the old one shares no count
 * with it.
 */
export async function createDeviceCookie(
  createCookie: CreateCookie,
  client: Headers,
  userId: string,
): Promise<string | undefined> {
  const account = await findAccount(eq(users.id, userId));
  if (account === undefined) return undefined;
  const others = readTokens(createCookie, client).filter((token) => !isTokenOf(token, account));
  const tokens = [createToken(account), ...others.map(({ text }) => text)].slice(0, maxTokens);
  return formatSetCookie(createCookie('device', { maxAge: lifetimeSeconds }), tokens.join('~'));
}

function createToken(account: Account): string {
  const id = randomBytes(16).toString('base64url');
  const madeAt = nowSeconds();
  return `${id}.${madeAt}.${createMac(toClaims({ id, madeAt }, account))}`;
}

function isTokenOf(token: Token, account: Account): boolean {
  const isFresh = token.madeAt + lifetimeSeconds > nowSeconds();
  return isMac(token.mac, toClaims(token, account)) && isFresh && account !== nobody;
}

const toClaims = (
  { id, madeAt }: Pick<Token, 'id' | 'madeAt'>,
  { userId, passwordHash }: Account,
) => ['device', id, madeAt, userId, passwordHash] as const;

function readTokens(createCookie: CreateCookie, client: Headers): Token[] {
  const { name } = createCookie('device', { maxAge: lifetimeSeconds });
  const value = parseCookies(client.get('cookie') ?? '').get(name) ?? '';
  return value
    .split('~', maxTokens)
    .map((text) => tokenPattern.exec(text))
    .filter((match) => match !== null)
    .map(([text, id = '', madeAt, mac = '']) => ({ text, id, madeAt: Number(madeAt), mac }));
}

/** Stands for the account of an address that has none, or none with a password. */
const nobody: Account = { userId: '', passwordHash: '' };

async function findAccount(which: ReturnType<typeof eq>): Promise<Account | undefined> {
  const [row] = await globalDb()
    .select({ userId: users.id, passwordHash: accounts.password })
    .from(users)
    .innerJoin(accounts, and(eq(accounts.userId, users.id), eq(accounts.providerId, 'credential')))
    .where(which);
  return row === undefined || row.passwordHash === null
    ? undefined
    : { userId: row.userId, passwordHash: row.passwordHash };
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
