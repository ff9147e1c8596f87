import { error, info, reportUnanswered, warning } from '../findings.ts';
import type { DnsQuery, DnsAnswer } from '../resolver.ts';
import type { Finding, SpfCheck } from '../types.ts';
import { hasMacro, isSpf, parseSpf, type Mechanism, type SpfRecord } from './parse.ts';

/** RFC 7208, section 4.6.4. */
const MAX_LOOKUPS = 10;
const MAX_VOID_LOOKUPS = 2;
const MAX_MX_HOSTS = 10;
/** Where counting ends, however far a record goes. */
const MAX_COUNTED = 30;

/** What a record and all that it includes add up to. */
export interface SpfWalk extends Pick<SpfCheck, 'lookups' | 'voidLookups' | 'all' | 'includes'> {
  /** Receivers answer permerror: they act as if there were no SPF, or refuse the mail. */
  broken: boolean;
  /** A part could not be looked up. */
  incomplete: boolean;
  findings: Finding[];
}

/**
 * Follows a record as a receiver would in the worst case, in which no mechanism before the last one
 * matches.
 */
export async function walkSpf(domain: string, text: string, query: DnsQuery): Promise<SpfWalk> {
  const walk: SpfWalk = {
    lookups: 0,
    voidLookups: 0,
    all: null,
    includes: [],
    broken: false,
    incomplete: false,
    findings: [],
  };
  walk.all = await follow(walk, { domain, record: parseSpf(text), ancestors: [domain], query });
  if (walk.lookups > MAX_LOOKUPS)
    markBroken(
      walk,
      'spf.too_many_lookups',
      `The record asks the DNS ${walk.lookups >= MAX_COUNTED ? `${MAX_COUNTED} times or more` : `${walk.lookups} times`}, and receivers stop after ${MAX_LOOKUPS}. Remove includes that are not needed any more.`,
    );
  if (walk.voidLookups > MAX_VOID_LOOKUPS)
    markBroken(
      walk,
      'spf.too_many_void_lookups',
      `${walk.voidLookups} of the names in the record lead to nothing, and receivers stop after ${MAX_VOID_LOOKUPS}. Remove those names.`,
    );
  return walk;
}

interface RecordContext {
  domain: string;
  record: SpfRecord;
  /** The domains whose records led here, this one last. */
  ancestors: readonly string[];
  query: DnsQuery;
}

/** Answers what the record says of everybody else. */
async function follow(walk: SpfWalk, context: RecordContext): Promise<SpfCheck['all']> {
  const { domain, record } = context;
  if (record.invalidTerms.length > 0)
    markBroken(
      walk,
      'spf.syntax',
      `Receivers cannot read ${quoteTerms(record.invalidTerms)} in the record of ${domain}, and so none of it. Correct or remove it.`,
    );
  const last = record.mechanisms.findIndex(({ name }) => name === 'all');
  const tried = last < 0 ? record.mechanisms : record.mechanisms.slice(0, last);
  prefetchIncludes(walk, tried, context);
  for (const mechanism of tried) await evaluateMechanism(walk, mechanism, context);
  const all = record.mechanisms[last];
  if (all === undefined)
    return record.redirect === null ? null : followRedirect(walk, record.redirect, context);
  if (last < record.mechanisms.length - 1)
    addFinding(
      walk,
      info(
        'spf.after_all',
        `Receivers never get to what stands after "all" in the record of ${domain}.`,
      ),
    );
  if (record.redirect !== null)
    addFinding(
      walk,
      info(
        'spf.redirect_ignored',
        `The redirect in the record of ${domain} has no effect, because it has an "all".`,
      ),
    );
  return ({ '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const)[all.qualifier];
}

/**
 * The walk takes one step after the other, so that its count is the same each time; the answers may
 * be under way meanwhile.
 */
function prefetchIncludes(
  walk: SpfWalk,
  mechanisms: readonly Mechanism[],
  { query }: RecordContext,
): void {
  for (const { name, domainSpec } of mechanisms
    .filter((mechanism) => mechanism.name === 'include')
    .slice(0, MAX_COUNTED - walk.lookups)) {
    if (name === 'include' && domainSpec !== null && !hasMacro(domainSpec))
      void query(domainSpec, 'TXT');
  }
}

async function evaluateMechanism(
  walk: SpfWalk,
  { name, domainSpec }: Mechanism,
  context: RecordContext,
): Promise<void> {
  if (name === 'ip4' || name === 'ip6' || name === 'all' || walk.lookups >= MAX_COUNTED) return;
  walk.lookups += 1;
  const queriedName = domainSpec ?? context.domain;
  if (name === 'include' && domainSpec !== null) return followInclude(walk, domainSpec, context);
  if (name === 'ptr')
    return addFinding(
      walk,
      warning(
        'spf.ptr',
        `The record of ${context.domain} uses "ptr", which is slow and which some receivers ignore. Name the addresses instead.`,
      ),
    );
  if (hasMacro(queriedName)) return addMacroFinding(walk, context.domain);
  const answer = await (name === 'mx'
    ? mxHosts(walk, queriedName, context.query)
    : addresses(queriedName, name === 'exists', context.query));
  if (answer.kind === 'failed') incomplete(walk, queriedName, answer.reason);
  else if (answer.kind !== 'records') walk.voidLookups += 1;
}

async function followInclude(
  walk: SpfWalk,
  domainSpec: string,
  context: RecordContext,
): Promise<void> {
  walk.includes.push(domainSpec.toLowerCase());
  if (hasMacro(domainSpec)) return addMacroFinding(walk, context.domain);
  await followRecord(walk, domainSpec, context, 'include');
}

async function followRedirect(
  walk: SpfWalk,
  domainSpec: string,
  context: RecordContext,
): Promise<SpfCheck['all']> {
  if (walk.lookups >= MAX_COUNTED) return null;
  walk.lookups += 1;
  if (!hasMacro(domainSpec)) return followRecord(walk, domainSpec, context, 'redirect');
  addMacroFinding(walk, context.domain);
  walk.incomplete = true;
  return null;
}

async function followRecord(
  walk: SpfWalk,
  domainSpec: string,
  { ancestors, query }: RecordContext,
  how: 'include' | 'redirect',
): Promise<SpfCheck['all']> {
  const name = domainSpec.toLowerCase().replace(/\.$/, '');
  if (ancestors.includes(name)) {
    markBroken(
      walk,
      'spf.loop',
      `The records lead in a circle: ${[...ancestors, name].join(' to ')}. Remove one of these includes.`,
    );
    return null;
  }
  const answer = await query(name, 'TXT');
  if (answer.kind === 'failed') return incomplete(walk, name, answer.reason);
  if (answer.kind !== 'records') walk.voidLookups += 1;
  const [text, ...others] = answer.kind === 'records' ? answer.records.filter(isSpf) : [];
  if (text === undefined)
    markBroken(
      walk,
      `spf.${how}_without_record`,
      `${name} has no SPF record of its own, so that the ${how} of it spoils the whole record. Remove it.`,
    );
  else if (others.length > 0)
    markBroken(
      walk,
      `spf.${how}_several_records`,
      `${name} has ${others.length + 1} SPF records where one may be, so that the ${how} of it spoils the whole record. Tell its owner, or remove it.`,
    );
  else
    return follow(walk, {
      domain: name,
      record: parseSpf(text),
      ancestors: [...ancestors, name],
      query,
    });
  return null;
}

async function mxHosts(walk: SpfWalk, name: string, query: DnsQuery): Promise<DnsAnswer<unknown>> {
  const answer = await query(name, 'MX');
  if (answer.kind === 'records' && answer.records.length > MAX_MX_HOSTS)
    markBroken(
      walk,
      'spf.too_many_mx',
      `"mx" stands for the ${answer.records.length} mail servers of ${name}, and receivers take ${MAX_MX_HOSTS} at most. Name their addresses instead.`,
    );
  return answer;
}

async function addresses(
  name: string,
  onlyIPv4: boolean,
  query: DnsQuery,
): Promise<DnsAnswer<string>> {
  const answer = await query(name, 'A');
  return onlyIPv4 || answer.kind === 'records' || answer.kind === 'failed'
    ? answer
    : query(name, 'AAAA');
}

function markBroken(walk: SpfWalk, code: string, message: string): void {
  walk.broken = true;
  addFinding(walk, error(code, message));
}

function incomplete(
  walk: SpfWalk,
  name: string,
  reason: Parameters<typeof reportUnanswered>[2],
): null {
  walk.incomplete = true;
  addFinding(
    walk,
    reportUnanswered('spf.part_unanswered', `${name}, a part of the record,`, reason),
  );
  return null;
}

function addMacroFinding(walk: SpfWalk, domain: string): void {
  addFinding(
    walk,
    info(
      'spf.macro',
      `The record of ${domain} asks for names that depend on each message (macros). They are counted, and cannot be followed.`,
    ),
  );
}

/** A record that is included twice has one fault. */
function addFinding(walk: SpfWalk, finding: Finding): void {
  if (!walk.findings.some(({ message }) => message === finding.message))
    walk.findings.push(finding);
}

function quoteTerms(terms: readonly string[]): string {
  return terms
    .slice(0, 3)
    .map((term) => `"${term.slice(0, 80)}"`)
    .join(', ');
}
