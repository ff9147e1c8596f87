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

/**
 * Whether a Host header names this site: by the name in PUBLIC_URL, whatever the port, because
 * proxies drop it. Outside production so does this machine, and in development every name: a demo
 * is looked at under any address.
 */
export function isOwnHost(host: string): boolean {
  const { NODE_ENV } = config();
  if (NODE_ENV === 'development') return true;
  const name = parseHostName(host);
  if (name === undefined) return false;
  return (
    name === new URL(publicOrigin()).hostname || (NODE_ENV !== 'production' && isLoopback(name))
  );
}

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '[::1]' || /^127(?:\.\d+){3}$/.test(name);

const parseHostName = (host: string): string | undefined =>
  URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;

/**
 * The origins of pages that may send forms to `requestUrl`: the site's own. Outside production also
 * the one at which the request arrived, if it names this site.
 */
export function listOwnOrigins(requestUrl: string | URL): string[] {
  const { origin, host } = new URL(requestUrl);
  return config().NODE_ENV !== 'production' && isOwnHost(host)
    ? [publicOrigin(), origin]
    : [publicOrigin()];
}

export function publicUrl(path: string): string {
  return new URL(path, publicOrigin()).href;
}

/** Whether cookies require TLS: in production, unless PUBLIC_URL is plain http. */
export function isSecureSite(): boolean {
  const { PUBLIC_URL, NODE_ENV } = config();
  return PUBLIC_URL === undefined ? NODE_ENV === 'production' : PUBLIC_URL.startsWith('https://');
}

/**
 * The name of a cookie of ours. Over TLS it begins with `__Host-`, which browsers take only from
 * this host, over TLS and for all its paths: no neighbouring subdomain can plant a cookie here
 * (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2). Such a
 * cookie is set with `secure`, the path `/` and no domain.
 */
export function toCookieName(name: string): string {
  return isSecureSite() ? `__Host-${name}` : name;
}
