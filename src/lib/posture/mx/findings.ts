import { error, info, warning } from '../findings.ts';
import type { Finding } from '../types.ts';
import type { Inference } from './infer.ts';
import { getProviderLabel, type ProviderRow } from './providers.ts';

export function reportImplicitMx(domain: string): Finding {
  return warning(
    'mx.implicit',
    `There is no MX record, so mail is delivered to the address of ${domain} itself, which is ` +
      'often just a website. Publish an MX record, or "0 ." if the domain receives no mail.',
  );
}

export const noMailServer = warning(
  'mx.missing',
  'There is neither an MX record nor an address, so the domain cannot receive mail.',
);

export const receivesNoMail = info(
  'mx.null',
  'The domain declares that it receives no mail (null MX, RFC 7505).',
);

export function reportAddresses(addresses: readonly string[]): Finding {
  return error(
    'mx.address',
    `An MX record contains the address ${addresses.join(', ')} instead of a host name, so ` +
      'senders cannot use it. Replace the address with a host name.',
  );
}

export function reportMissingHosts(hosts: readonly string[]): Finding {
  return error(
    'mx.dangling',
    `An MX record names the host ${hosts.join(', ')}, which does not exist. ` +
      'Remove the record or correct the host name.',
  );
}

export function reportSeveralProviders(rows: readonly ProviderRow[]): Finding[] {
  const labels = [...new Set(rows.map(({ label }) => label))];
  if (labels.length < 2) return [];
  return [
    warning(
      'mx.several_providers',
      `Mail is delivered to several providers: ${labels.join(', ')}. ` +
        'Remove the MX records of the ones that are no longer used.',
    ),
  ];
}

const describeServers = (gateway: ProviderRow | null): string =>
  gateway === null
    ? 'The mail servers belong to no known provider'
    : `${gateway.label} filters the mail`;

export function reportUnknownMailboxes(
  gateway: ProviderRow | null,
  { incomplete }: Inference,
): Finding {
  const reason = incomplete
    ? 'some lookups failed'
    : 'neither SPF, DKIM nor autodiscover gives it away';
  return info(
    'mx.mailboxes_unknown',
    `${describeServers(gateway)}; where the mailboxes are is unknown because ${reason}.`,
  );
}

export function reportInferredMailboxes(
  gateway: ProviderRow | null,
  provider: string,
  inferred: Inference,
): Finding {
  const signs =
    inferred.provider === null
      ? 'an MX record besides the filter points there'
      : inferred.signs.join('; ');
  return info(
    'mx.mailboxes_inferred',
    `${describeServers(gateway)}; the mailboxes are probably at ${getProviderLabel(provider)}: ` +
      `${signs}.`,
  );
}
