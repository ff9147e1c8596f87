/** A company that hosts mailboxes, or filters mail in front of them. */
export interface ProviderRow {
  key: string;
  label: string;
  kind: 'mailbox' | 'gateway';
  /** A host belongs to the provider when its last labels equal one of these. */
  suffixes: readonly string[];
}

/** Key for mail servers below the scanned domain itself. */
export const SELF_HOSTED = 'self_hosted';

/**
 * Compiled from the documentation of the vendors and from public checkers (checkdmarc, MailShield).
 * Since 2024 Microsoft assigns domains with DNSSEC hosts below mx.microsoft, and Google assigns new
 * customers one record instead of five. Sources:
 * https://techcommunity.microsoft.com/blog/exchange/3939694 and
 * https://support.google.com/a/answer/174125
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
 * The provider that runs a mail server; null when it is unknown. Only whole labels at the end of
 * the name match: neither notgooglemail.com nor smtp.google.com.example.net is Google's.
 */
export function findMailProvider(host: string): ProviderRow | null {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  for (let from = 0; from < labels.length; from += 1) {
    const row = bySuffix.get(labels.slice(from).join('.'));
    if (row) return row;
  }
  return null;
}

/** The name of a provider; its key when the provider is not listed here. */
export function getProviderLabel(key: string): string {
  return key === SELF_HOSTED ? 'Own mail servers' : (byKey.get(key)?.label ?? key);
}
