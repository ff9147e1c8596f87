import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Problem } from '../platform/errors.ts';

/**
 * A mail domain in the one form in which it is asked for: lower case, ASCII, no final dot.
 * @throws Problem bad_request for addresses, single labels, and anything else that cannot be a
 * domain name
 */
export function parseMailDomain(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  const ascii = /[%/:@\\\s]/.test(trimmed) ? '' : domainToASCII(trimmed);
  if (!isDomainName(ascii))
    throw new Problem(
      'bad_request',
      `"${trimmed.slice(0, 80)}" is not a domain name, so its mail cannot be looked at. Write it like example.com.`,
    );
  return ascii;
}

function isDomainName(name: string): boolean {
  const labels = name.split('.');
  if (
    name.length > 253 ||
    labels.length < 2 ||
    isIP(name) !== 0 ||
    /^\d+$/.test(labels.at(-1) ?? '')
  )
    return false;
  return labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
}
