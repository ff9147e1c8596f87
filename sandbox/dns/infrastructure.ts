import { keyRecord } from './keys.ts';
import type { Zone } from './zones.ts';

/** Addresses for documentation (RFC 5737): nobody who fetches from them gets anywhere. */
export const NOWHERE = '192.0.2.1';

/** The names of mail providers that their customers' records lead to. */
export function infrastructure(): Zone {
  const hosts = [
    '*.mail.protection.outlook.com',
    '*.mx.microsoft',
    'smtp.google.com',
    '*.aspmx.l.google.com',
    'aspmx.l.google.com',
    '*.googlemail.com',
    '*.pphosted.com',
    '*.mimecast.com',
    '*.barracudanetworks.com',
    '*.zoho.com',
    '*.secureserver.net',
    '*.messagingengine.com',
    '*.emailsrvr.com',
    'autodiscover.outlook.com',
  ];
  return {
    ...Object.fromEntries(hosts.map((host) => [host, { a: [NOWHERE] }])),
    'spf.protection.outlook.com': { txt: ['v=spf1 ip4:192.0.2.0/26 ip6:2001:db8:1::/48 -all'] },
    '_spf.google.com': {
      txt: [
        'v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ' +
          'include:_netblocks3.google.com ~all',
      ],
    },
    '_netblocks.google.com': { txt: ['v=spf1 ip4:192.0.2.64/26 ~all'] },
    '_netblocks2.google.com': { txt: ['v=spf1 ip6:2001:db8:2::/48 ~all'] },
    '_netblocks3.google.com': { txt: ['v=spf1 ip4:192.0.2.128/26 ~all'] },
    'spf-a.pphosted.com': { txt: ['v=spf1 ip4:198.51.100.0/26 ~all'] },
    '_netblocks.mimecast.com': { txt: ['v=spf1 ip4:198.51.100.64/26 ~all'] },
    'spf.ess.barracudanetworks.com': { txt: ['v=spf1 ip4:198.51.100.128/26 ~all'] },
    'zoho.com': { txt: ['v=spf1 ip4:203.0.113.0/27 ~all'] },
    'secureserver.net': { txt: ['v=spf1 ip4:203.0.113.32/27 -all'] },
    'spf.messagingengine.com': { txt: ['v=spf1 ip4:203.0.113.64/27 ?all'] },
    'emailsrvr.com': { txt: ['v=spf1 ip4:203.0.113.96/27 ~all'] },
    'sendgrid.net': { txt: ['v=spf1 ip4:203.0.113.128/27 ~all'] },
    'servers.mcsv.net': { txt: ['v=spf1 ip4:203.0.113.160/27 ?all'] },
    'mail.zendesk.com': { txt: ['v=spf1 ip4:203.0.113.192/27 ~all'] },
    '*.hubspotemail.net': { txt: ['v=spf1 ip4:203.0.113.224/27 -all'] },
    '*.onmicrosoft.com': { txt: [keyRecord('rsa2048')] },
    // A report taker that everybody may name, as they do it: by a wildcard.
    '*._report._dmarc.reports.example': { txt: ['v=DMARC1'] },
  };
}
