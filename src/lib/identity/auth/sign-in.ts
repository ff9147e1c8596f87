import { z } from 'zod';
import { auth } from './auth.ts';
import { toProblem } from './auth-error.ts';
import { emailField, currentPasswordField, parseInput } from './input.ts';

/** The result of a successful step of signing in. */
export interface SignInStep {
  /** Whether a code is still needed before the session is opened. */
  needsCode: boolean;
  /** Set-Cookie headers for the browser. */
  cookies: Headers;
}

const credentials = z.object({ email: emailField, password: currentPasswordField });

/**
 * The first step: e-mail address and password. An unknown address has the same result and timing as
 * a wrong password. After too many wrong passwords (hooks.ts) throws Problem `rate_limited`, with
 * the seconds to wait in `details.retryAfter`.
 */
export async function signIn(
  input: { email: string; password: string },
  client: Headers,
): Promise<SignInStep> {
  const body = parseInput(credentials, input);
  try {
    const { response, headers } = await auth().api.signInEmail({
      body,
      headers: client,
      returnHeaders: true,
    });
    return { needsCode: 'twoFactorRedirect' in response, cookies: headers };
  } catch (error) {
    throw toProblem(error);
  }
}

const codeInput = z.object({
  kind: z.enum(['totp', 'backup']),
  code: z
    .string()
    .transform((text) => text.replace(/\s/g, ''))
    .pipe(z.string().min(6, 'Enter the code.').max(20, 'This code is too long.')),
});

/** The second step: a code from the authenticator app, or a backup code. */
export async function verifyCode(
  input: { kind: string; code: string },
  client: Headers,
): Promise<SignInStep> {
  const { kind, code } = parseInput(codeInput, input);
  const call = { body: { code }, headers: client, returnHeaders: true } as const;
  try {
    const { headers } = await (kind === 'totp'
      ? auth().api.verifyTOTP(call)
      : auth().api.verifyBackupCode(call));
    return { needsCode: false, cookies: headers };
  } catch (error) {
    throw toProblem(error);
  }
}

/** Whether the browser has passed the first step and may need a code; `verifyCode` decides. */
export async function isAwaitingCode(client: Headers): Promise<boolean> {
  const { createAuthCookie } = await auth().$context;
  return (client.get('cookie') ?? '').includes(`${createAuthCookie('two_factor').name}=`);
}

/** Ends the session, if there is one. */
export async function signOut(client: Headers): Promise<Headers> {
  const { headers } = await auth().api.signOut({ headers: client, returnHeaders: true });
  return headers;
}
