import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Problem } from '../platform/errors.ts';

/** Characters of a name in its usual notation (RFC 1035, section 2.3.4). */
const MAX_NAME_LENGTH = 253;
/** Characters that a message quotes of what was entered. */
const MAX_QUOTED = 80;

/**
 * Normalizes a mail domain for queries: lower case, ASCII, no trailing dot.
 * @throws Problem bad_request for IP addresses, single labels and anything else that is not a
 * domain name
 */
export function parseMailDomain(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  const ascii = /[%/:@\\\s]/.test(trimmed) ? '' : domainToASCII(trimmed);
  if (!isDomainName(ascii))
    throw new Problem(
      'bad_request',
      `"${trimmed.slice(0, MAX_QUOTED)}" is not a domain name. Enter one such as example.com.`,
    );
  return ascii;
}

function isDomainName(name: string): boolean {
  const labels = name.split('.');
  const isNumeric = isIP(name) !== 0 || /^\d+$/.test(labels.at(-1) ?? '');
  if (name.length > MAX_NAME_LENGTH || labels.length < 2 || isNumeric) return false;
  return labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
}
