import { randomBytes } from 'node:crypto';
import { betterAuth } from 'better-auth/minimal';
import { APIError } from 'better-auth/api';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { organization } from 'better-auth/plugins/organization';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { config, type AuthSecret } from '../../platform/config.ts';
import { globalDb } from '../../platform/db/database.ts';
import { newId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import { tenants } from '../../schema/tenants.ts';
import { addressHeader } from './client.ts';
import { afterEndpoint, beforeEndpoint } from './hooks.ts';
import { maxPasswordLength, minPasswordLength } from './input.ts';
import { isSecureSite, listOwnOrigins, publicOrigin, toCookieName } from './public-url.ts';
import { accessControl, organizationRoles } from './roles.ts';
import {
  accounts,
  invitations,
  memberships,
  rateLimits,
  sessions,
  twoFactors,
  users,
  verifications,
} from '../../schema/identity.ts';
import { isDisabled } from './disabled.ts';
import { sessionIdleSeconds } from './session-lifetime.ts';
import { findSoleTenant } from './sole-tenant.ts';
import { ssoSessions } from './sso-sessions.ts';

export const resetLifetimeSeconds = 60 * 60;
const challengeLifetimeSeconds = 10 * 60;

/** Maps the models of better-auth to our tables. */
const schema = {
  user: users,
  session: sessions,
  account: accounts,
  verification: verifications,
  twoFactor: twoFactors,
  rateLimit: rateLimits,
  organization: tenants,
  member: memberships,
  invitation: invitations,
};

const organizations = organization({
  ac: accessControl,
  roles: organizationRoles,
  creatorRole: 'admin',
  allowUserToCreateOrganization: false,
});

const twoFactorPlugin = twoFactor({
  issuer: 'Tributary',
  twoFactorCookieMaxAge: challengeLifetimeSeconds,
  accountLockout: { enabled: true, maxFailedAttempts: 10, durationSeconds: 15 * 60 },
});

/**
 * For endpoints that are opened one day. Those for signing in and out have none of the library's
 * limits: it counts per address alone, so one visitor of an office could shut out the others.
 * hooks.ts limits passwords, and the two-factor plugin limits codes, which need a password first.
 */
const rateLimit = {
  enabled: true,
  storage: 'database' as const,
  window: 60,
  max: 100,
  customRules: {
    '/sign-in/email': false as const,
    '/two-factor/*': false as const,
    '/sign-out': false as const,
  },
};

function createAuth() {
  return betterAuth({
    appName: 'Tributary',
    baseURL: publicOrigin(),
    basePath: '/api/auth',
    ...chooseSecrets(config().AUTH_SECRET),
    trustedOrigins: (request) =>
      request === undefined ? [publicOrigin()] : listOwnOrigins(request.url),
    database: drizzleAdapter(globalDb(), { provider: 'pg', schema, transaction: true }),
    emailAndPassword: {
      enabled: true,
      // Accounts are created by operators and invitations.
      disableSignUp: true,
      minPasswordLength,
      maxPasswordLength,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: resetLifetimeSeconds,
    },
    // Read with the session, so that asking whether the account is disabled costs no query.
    user: { additionalFields: { disabledAt: { type: 'date', required: false, input: false } } },
    // No cookie cache: a revoked session must end at once, in every tab.
    // sessions.ts extends sessions and knows their ends.
    session: {
      expiresIn: sessionIdleSeconds(),
      disableSessionRefresh: true,
      cookieCache: { enabled: false },
    },
    verification: { storeIdentifier: 'hashed' },
    rateLimit,
    plugins: [organizations, twoFactorPlugin, ssoSessions],
    hooks: { before: beforeEndpoint, after: afterEndpoint },
    databaseHooks: { session: { create: { before: openSession } } },
    advanced: {
      // The library would put `__Secure-` before the name.
      useSecureCookies: false,
      cookiePrefix: toCookieName('tributary'),
      defaultCookieAttributes: { secure: isSecureSite() },
      database: { generateId: () => newId() },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    logger: { log: reportError },
    telemetry: { enabled: false },
  });
}

/**
 * The secrets for better-auth, newest first. What it stores encrypted names the version of its
 * secret; what it stored when AUTH_SECRET was one value without a number names none, and is opened
 * with the one that has the number 0.
 */
function chooseSecrets(given: readonly AuthSecret[]) {
  const plain = given.find(({ version }) => version === null || version === 0)?.value ?? '';
  const secrets = given.flatMap(({ version, value }) =>
    version === null ? [] : { version, value },
  );
  if (secrets.length === 0) return { secret: plain };
  // The library reads AUTH_SECRET itself when `secret` is empty, and would take the list for one.
  return { secrets, secret: plain || unusedSecret };
}

/** Opens nothing: a random value. */
const unusedSecret = randomBytes(32).toString('base64');

/**
 * Starts a session in the user's workspace if there is exactly one. A disabled account gets none:
 * every way of signing in ends here, and its answer is that of a wrong password.
 */
async function openSession<T extends { userId: string; activeOrganizationId?: string | null }>(
  session: T,
) {
  if (await isDisabled(session.userId))
    throw new APIError('UNAUTHORIZED', {
      code: 'INVALID_EMAIL_OR_PASSWORD',
      message: 'Invalid email or password',
    });
  return {
    data: {
      ...session,
      activeOrganizationId: session.activeOrganizationId ?? (await findSoleTenant(session.userId)),
    },
  };
}

/**
 * Only logs errors: warnings are about wrong passwords and the like. The library names most errors
 * by their class alone, or not at all, and passes the error itself behind.
 */
function reportError(level: string, message: unknown, ...details: unknown[]): void {
  if (level !== 'error') return;
  const errors = details.flat().filter((detail) => detail instanceof Error);
  const reason = [message, ...errors].filter(Boolean).map(safeReason).join(': ');
  log.error({ event: 'auth.error', reason }, 'The sign-in library reported an error');
}

type Auth = ReturnType<typeof createAuth>;

let instance: Auth | undefined;

/** better-auth on the database of this process, created on first use. */
export function auth(): Auth {
  instance ??= createAuth();
  return instance;
}
