import { error, info, unanswered, warning } from '../findings.ts';
import type { Ask, DnsAnswer } from '../resolver.ts';
import type { Finding, SpfCheck } from '../types.ts';
import { hasMacro, isSpf, parseSpf, type Mechanism, type SpfRecord } from './parse.ts';

/** RFC 7208, section 4.6.4. */
export const MOST_LOOKUPS = 10;
const MOST_VOID_LOOKUPS = 2;
const MOST_MX_HOSTS = 10;
/** Where counting ends, however far a record goes. */
const COUNTED_AT_MOST = 30;

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
export async function walkSpf(domain: string, text: string, ask: Ask): Promise<SpfWalk> {
  const walk: SpfWalk = {
    lookups: 0,
    voidLookups: 0,
    all: null,
    includes: [],
    broken: false,
    incomplete: false,
    findings: [],
  };
  walk.all = await follow(walk, { domain, record: parseSpf(text), above: [domain], ask });
  if (walk.lookups > MOST_LOOKUPS)
    breaks(
      walk,
      'spf.too_many_lookups',
      `The record asks the DNS ${walk.lookups >= COUNTED_AT_MOST ? `${COUNTED_AT_MOST} times or more` : `${walk.lookups} times`}, and receivers stop after ${MOST_LOOKUPS}. Remove includes that are not needed any more.`,
    );
  if (walk.voidLookups > MOST_VOID_LOOKUPS)
    breaks(
      walk,
      'spf.too_many_void_lookups',
      `${walk.voidLookups} of the names in the record lead to nothing, and receivers stop after ${MOST_VOID_LOOKUPS}. Remove those names.`,
    );
  return walk;
}

interface Place {
  domain: string;
  record: SpfRecord;
  /** The domains whose records led here, this one last. */
  above: readonly string[];
  ask: Ask;
}

/** Answers what the record says of everybody else. */
async function follow(walk: SpfWalk, place: Place): Promise<SpfCheck['all']> {
  const { domain, record } = place;
  if (record.wrong.length > 0)
    breaks(
      walk,
      'spf.syntax',
      `Receivers cannot read ${quoted(record.wrong)} in the record of ${domain}, and so none of it. Correct or remove it.`,
    );
  const last = record.mechanisms.findIndex(({ name }) => name === 'all');
  const tried = last < 0 ? record.mechanisms : record.mechanisms.slice(0, last);
  askAhead(walk, tried, place);
  for (const mechanism of tried) await step(walk, mechanism, place);
  const all = record.mechanisms[last];
  if (all === undefined)
    return record.redirect === null ? null : redirected(walk, record.redirect, place);
  if (last < record.mechanisms.length - 1)
    note(
      walk,
      info(
        'spf.after_all',
        `Receivers never get to what stands after "all" in the record of ${domain}.`,
      ),
    );
  if (record.redirect !== null)
    note(
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
function askAhead(walk: SpfWalk, mechanisms: readonly Mechanism[], { ask }: Place): void {
  for (const { name, target } of mechanisms
    .filter((mechanism) => mechanism.name === 'include')
    .slice(0, COUNTED_AT_MOST - walk.lookups)) {
    if (name === 'include' && target !== null && !hasMacro(target)) void ask(target, 'TXT');
  }
}

async function step(walk: SpfWalk, { name, target }: Mechanism, place: Place): Promise<void> {
  if (name === 'ip4' || name === 'ip6' || name === 'all' || walk.lookups >= COUNTED_AT_MOST) return;
  walk.lookups += 1;
  const asked = target ?? place.domain;
  if (name === 'include' && target !== null) return included(walk, target, place);
  if (name === 'ptr')
    return note(
      walk,
      warning(
        'spf.ptr',
        `The record of ${place.domain} uses "ptr", which is slow and which some receivers ignore. Name the addresses instead.`,
      ),
    );
  if (hasMacro(asked)) return noteMacro(walk, place.domain);
  const answer = await (name === 'mx'
    ? mxHosts(walk, asked, place.ask)
    : addresses(asked, name === 'exists', place.ask));
  if (answer.kind === 'failed') incomplete(walk, asked, answer.reason);
  else if (answer.kind !== 'records') walk.voidLookups += 1;
}

async function included(walk: SpfWalk, target: string, place: Place): Promise<void> {
  walk.includes.push(target.toLowerCase());
  if (hasMacro(target)) return noteMacro(walk, place.domain);
  await enter(walk, target, place, 'include');
}

async function redirected(walk: SpfWalk, target: string, place: Place): Promise<SpfCheck['all']> {
  if (walk.lookups >= COUNTED_AT_MOST) return null;
  walk.lookups += 1;
  if (!hasMacro(target)) return enter(walk, target, place, 'redirect');
  noteMacro(walk, place.domain);
  walk.incomplete = true;
  return null;
}

async function enter(
  walk: SpfWalk,
  target: string,
  { above, ask }: Place,
  how: 'include' | 'redirect',
): Promise<SpfCheck['all']> {
  const name = target.toLowerCase().replace(/\.$/, '');
  if (above.includes(name)) {
    breaks(
      walk,
      'spf.loop',
      `The records lead in a circle: ${[...above, name].join(' to ')}. Remove one of these includes.`,
    );
    return null;
  }
  const answer = await ask(name, 'TXT');
  if (answer.kind === 'failed') return incomplete(walk, name, answer.reason);
  if (answer.kind !== 'records') walk.voidLookups += 1;
  const [text, ...others] = answer.kind === 'records' ? answer.records.filter(isSpf) : [];
  if (text === undefined)
    breaks(
      walk,
      `spf.${how}_without_record`,
      `${name} has no SPF record of its own, so that the ${how} of it spoils the whole record. Remove it.`,
    );
  else if (others.length > 0)
    breaks(
      walk,
      `spf.${how}_several_records`,
      `${name} has ${others.length + 1} SPF records where one may be, so that the ${how} of it spoils the whole record. Tell its owner, or remove it.`,
    );
  else return follow(walk, { domain: name, record: parseSpf(text), above: [...above, name], ask });
  return null;
}

async function mxHosts(walk: SpfWalk, name: string, ask: Ask): Promise<DnsAnswer<unknown>> {
  const answer = await ask(name, 'MX');
  if (answer.kind === 'records' && answer.records.length > MOST_MX_HOSTS)
    breaks(
      walk,
      'spf.too_many_mx',
      `"mx" stands for the ${answer.records.length} mail servers of ${name}, and receivers take ${MOST_MX_HOSTS} at most. Name their addresses instead.`,
    );
  return answer;
}

async function addresses(name: string, onlyIPv4: boolean, ask: Ask): Promise<DnsAnswer<string>> {
  const answer = await ask(name, 'A');
  return onlyIPv4 || answer.kind === 'records' || answer.kind === 'failed'
    ? answer
    : ask(name, 'AAAA');
}

function breaks(walk: SpfWalk, code: string, message: string): void {
  walk.broken = true;
  note(walk, error(code, message));
}

function incomplete(walk: SpfWalk, name: string, reason: Parameters<typeof unanswered>[2]): null {
  walk.incomplete = true;
  note(walk, unanswered('spf.part_unanswered', `${name}, a part of the record,`, reason));
  return null;
}

function noteMacro(walk: SpfWalk, domain: string): void {
  note(
    walk,
    info(
      'spf.macro',
      `The record of ${domain} asks for names that depend on each message (macros). They are counted, and cannot be followed.`,
    ),
  );
}

/** A record that is included twice has one fault. */
function note(walk: SpfWalk, finding: Finding): void {
  if (!walk.findings.some(({ message }) => message === finding.message))
    walk.findings.push(finding);
}

function quoted(terms: readonly string[]): string {
  return terms
    .slice(0, 3)
    .map((term) => `"${term.slice(0, 80)}"`)
    .join(', ');
}
