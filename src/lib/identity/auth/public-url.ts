import { config } from '../../platform/config.ts';

/**
 * Where people reach the site. Never taken from the Host header: a forged one would send reset
 * links elsewhere.
 */
export function publicOrigin(): string {
  const { PUBLIC_URL, HOST, PORT } = config();
  if (PUBLIC_URL !== undefined) return new URL(PUBLIC_URL).origin;
  const host = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(HOST) ? 'localhost' : HOST;
  return `http://${host}:${PORT}`;
}

export function publicUrl(path: string): string {
  return new URL(path, publicOrigin()).href;
}

/**
 * Whether cookies may only travel over TLS: in production, unless the operator serves plain http on
 * purpose.
 */
export function isSecureSite(): boolean {
  const { PUBLIC_URL, NODE_ENV } = config();
  return PUBLIC_URL === undefined ? NODE_ENV === 'production' : PUBLIC_URL.startsWith('https://');
}
