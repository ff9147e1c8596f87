import { error, info, warning } from '../findings.ts';
import type { Finding } from '../types.ts';
import { describeNearMiss } from '../tags.ts';
import { lowerPolicy, type DmarcRecord, type Policy } from './parse.ts';

/** `nearMiss`: a record that was probably meant to be DMARC. */
export function reportMissing(nearMiss?: string): Finding {
  const next =
    nearMiss === undefined
      ? ' Publish one, starting with p=none and a report address.'
      : describeNearMiss(nearMiss, 'v=DMARC1;');
  return error(
    'dmarc.missing',
    `There is no DMARC record, so receivers do not know what to do with forged mail.${next}`,
  );
}

export function reportDuplicates(at: string): Finding {
  return error(
    'dmarc.several_records',
    `There are several DMARC records at _dmarc.${at}, so receivers ignore all of them. ` +
      'Keep only one.',
  );
}

/** What is wrong or outdated in the text of a record. */
export function reportRecord(record: DmarcRecord): Finding[] {
  return [
    ...(record.ignored ? [ignored] : []),
    ...(record.recovered ? [badPolicy] : []),
    ...(record.removed.length > 0 ? [reportRemovedTags(record)] : record.late ? [late] : []),
    ...(record.duplicates.length > 0 ? [reportDuplicateTags(record.duplicates)] : []),
    ...(record.badReports.length > 0 ? [reportBadReports(record.badReports)] : []),
    ...(record.sizeLimit ? [sizeLimit] : []),
  ];
}

const ignored = error(
  'dmarc.ignored',
  'The record has neither a valid policy nor a report address, so receivers ignore it. ' +
    'Set p=none, p=quarantine or p=reject.',
);

const badPolicy = error(
  'dmarc.bad_policy',
  'A policy in the record (p, sp or np) is missing or not valid, so receivers treat the record ' +
    'as p=none. Set it to none, quarantine or reject.',
);

function reportRemovedTags({ removed, late: isLate }: DmarcRecord): Finding {
  return info(
    'dmarc.removed_tags',
    'The record uses tags that RFC 9989 has removed and newer receivers ignore: ' +
      `${removed.join(', ')}.${isLate ? ` ${lateText}` : ''}`,
  );
}

const lateText =
  'Older receivers (RFC 7489) ignore a record whose policy (p) is not directly after the ' +
  'version. Write "v=DMARC1; p=…" first.';
const late = info('dmarc.order', lateText);

function reportDuplicateTags(tags: readonly string[]): Finding {
  return warning(
    'dmarc.duplicate_tags',
    `The record has these tags more than once: ${tags.join(', ')}. Receivers may ignore all of ` +
      'it. Keep one of each.',
  );
}

function reportBadReports(uris: readonly string[]): Finding {
  return warning(
    'dmarc.bad_report_address',
    `"${uris[0]?.slice(0, 80)}" is no address for reports, so nobody sends any there. ` +
      'Write mailto: before an e-mail address.',
  );
}

const sizeLimit = info(
  'dmarc.size_limit',
  'A report address has a size limit after "!", which receivers no longer support.',
);

export function reportInheritance(domain: string, at: string): Finding[] {
  if (at === domain) return [];
  return [
    info('dmarc.inherited', `The domain has no record of its own; the one of ${at} applies.`),
  ];
}

/** Whether the policy, once valid, is strict enough. */
export function reportPolicy(published: Policy, record: DmarcRecord): Finding[] {
  if (record.ignored || record.recovered) return [];
  if (published === 'none') return [policyNone];
  return record.testing ? [reportTesting(published)] : [];
}

const policyNone = warning(
  'dmarc.none',
  'The policy is none: receivers only report forged mail and still deliver it. ' +
    'Change the policy to quarantine, then to reject.',
);

function reportTesting(published: Policy): Finding {
  return warning(
    'dmarc.testing',
    `The policy ${published} is in testing mode (t=y), so receivers apply ` +
      `${lowerPolicy(published)} instead. Remove t=y once the reports look right.`,
  );
}

export const noReports = info(
  'dmarc.no_reports',
  'No report address (rua) is set, so forged mail and mistakes go unnoticed. Add one.',
);

export function reportUnauthorizedReports(host: string, name: string): Finding {
  return warning(
    'dmarc.reports_not_wanted',
    `Reports are addressed to ${host}, which has not agreed to receive them, so nobody sends ` +
      `any. ${host} has to publish a record at ${name}.`,
  );
}
