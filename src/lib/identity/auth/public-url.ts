import { config } from '../../platform/config.ts';

/**
 * The origin of the site. It never comes from the Host header, because a forged one would make
 * reset links point to another site.
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

/** Whether cookies require TLS: in production, unless PUBLIC_URL is plain http. */
export function isSecureSite(): boolean {
  const { PUBLIC_URL, NODE_ENV } = config();
  return PUBLIC_URL === undefined ? NODE_ENV === 'production' : PUBLIC_URL.startsWith('https://');
}
