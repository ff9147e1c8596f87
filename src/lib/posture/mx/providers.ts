/** Who keeps mailboxes, or filters mail on its way to those who do. */
export interface ProviderRow {
  key: string;
  label: string;
  kind: 'mailbox' | 'gateway';
  /** A host belongs to it when it ends in one of these, label by label. */
  suffixes: readonly string[];
}

/** Mail servers under the scanned domain's own name. */
export const SELF_HOSTED = 'self_hosted';

/**
 * By documentation of the vendors and by what public checkers know (checkdmarc, MailShield).
 * Microsoft gives domains with DNSSEC hosts under mx.microsoft since 2024; Google gives new
 * customers one record instead of five. https://techcommunity.microsoft.com/blog/exchange/3939694
 * and https://support.google.com/a/answer/174125
 */
export const providers: readonly ProviderRow[] = [
  mailbox(
    'microsoft_365',
    'Microsoft 365',
    'mail.protection.outlook.com',
    'mx.microsoft',
    'mail.protection.office365.us',
    'mail.protection.partner.outlook.cn',
  ),
  mailbox('outlook_com', 'Outlook.com', 'olc.protection.outlook.com'),
  mailbox(
    'google_workspace',
    'Google Workspace',
    'smtp.google.com',
    'aspmx.l.google.com',
    'googlemail.com',
  ),
  mailbox('fastmail', 'Fastmail', 'messagingengine.com'),
  mailbox(
    'zoho',
    'Zoho Mail',
    'zoho.com',
    'zoho.eu',
    'zoho.in',
    'zoho.jp',
    'zoho.com.au',
    'zohocloud.ca',
    'zohomail.com',
  ),
  mailbox('proton', 'Proton Mail', 'protonmail.ch'),
  mailbox('icloud', 'iCloud Mail', 'icloud.com'),
  mailbox('yahoo', 'Yahoo Mail', 'yahoodns.net'),
  mailbox('godaddy', 'GoDaddy', 'secureserver.net'),
  mailbox('rackspace', 'Rackspace Email', 'emailsrvr.com'),
  mailbox('amazon', 'Amazon', 'amazonaws.com'),
  mailbox('yandex', 'Yandex 360', 'yandex.net', 'yandex.ru'),
  mailbox('ovh', 'OVHcloud', 'ovh.net'),
  mailbox(
    'ionos',
    'IONOS',
    'ionos.com',
    'ionos.de',
    'ionos.co.uk',
    'ionos.es',
    'ionos.fr',
    'kundenserver.de',
    '1and1.com',
  ),
  mailbox('migadu', 'Migadu', 'migadu.com'),
  mailbox('improvmx', 'ImprovMX forwarding', 'improvmx.com'),
  mailbox('cloudflare', 'Cloudflare Email Routing', 'mx.cloudflare.net'),
  gateway('proofpoint', 'Proofpoint', 'pphosted.com', 'ppe-hosted.com'),
  gateway('mimecast', 'Mimecast', 'mimecast.com', 'mimecast.co.za', 'mimecast-offshore.com'),
  gateway('barracuda', 'Barracuda', 'barracudanetworks.com'),
  gateway('symantec', 'Symantec Email Security', 'messagelabs.com'),
  gateway('cisco', 'Cisco Secure Email', 'iphmx.com'),
  gateway('trend_micro', 'Trend Micro', 'trendmicro.com', 'trendmicro.eu', 'trendmicro.co.jp'),
  gateway('hornetsecurity', 'Hornetsecurity', 'hornetsecurity.com'),
  gateway('forcepoint', 'Forcepoint', 'mailcontrol.com'),
  gateway('sophos', 'Sophos Email', 'sophos.com'),
];

function mailbox(key: string, label: string, ...suffixes: string[]): ProviderRow {
  return { key, label, kind: 'mailbox', suffixes };
}

function gateway(key: string, label: string, ...suffixes: string[]): ProviderRow {
  return { key, label, kind: 'gateway', suffixes };
}

const bySuffix = new Map(
  providers.flatMap((row) => row.suffixes.map((suffix) => [suffix, row] as const)),
);
const byKey = new Map(providers.map((row) => [row.key, row]));

/**
 * Whose mail server this is. Whole labels count: notgooglemail.com is nobody's, nor is
 * smtp.google.com.example.net.
 */
export function findMailProvider(host: string): ProviderRow | null {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  for (let from = 0; from < labels.length; from += 1) {
    const row = bySuffix.get(labels.slice(from).join('.'));
    if (row) return row;
  }
  return null;
}

/** What people call a provider; its key when it is none of ours. */
export function getProviderLabel(key: string): string {
  return key === SELF_HOSTED ? 'Own mail servers' : (byKey.get(key)?.label ?? key);
}
