import { World, type QueryType, type Zone } from '../../sandbox/dns/zones.ts';

/**
 * Why a receiver answers permerror (RFC 7208): `lookups` and `voids` are the limits of section
 * 4.6.4, `mx` is the limit on the hosts of one "mx" in the same section.
 */
type PermError =
  'lookups' | 'voids' | 'mx' | 'syntax' | 'target without record' | 'target with several records';

export interface Received {
  /** Null when the record can be evaluated to its end. */
  permerror: PermError | null;
  /** Terms that query the DNS, up to the one that ended the evaluation. */
  lookups: number;
  /** Of these, the ones whose answer was empty. */
  voids: number;
  /** What the record says of a sender that nothing in it matches; null when it says nothing. */
  rest: 'fail' | 'softfail' | 'neutral' | null;
}

/**
 * A mail server that evaluates the record of `domain` as RFC 7208 prescribes, for a sender that no
 * mechanism but "all" matches. It reads only the terms that the tests write, follows circles like
 * any other include, and stops at the first permerror: what `walkSpf` tells is compared with it.
 */
export function receive(zones: Zone[], domain: string): Received {
  const receiver = new Receiver(new World(zones));
  try {
    const rest = receiver.check(domain);
    return { permerror: null, rest, lookups: receiver.lookups, voids: receiver.voids };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { lookups, voids } = receiver;
    return { permerror: error.why, rest: null, lookups, voids };
  }
}

class Stop extends Error {
  readonly why: PermError;

  constructor(why: PermError) {
    super(why);
    this.why = why;
  }
}

const results = { '-': 'fail', '~': 'softfail', '?': 'neutral' } as const;
const mechanisms = new Set(['all', 'include', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'exists']);

class Receiver {
  lookups = 0;
  voids = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** check_host() of section 4, whose answers other than permerror matter only at the top. */
  check(domain: string): Received['rest'] {
    const terms = this.#termsOf(domain);
    for (const { sign, name, target } of terms.filter(({ isModifier }) => !isModifier)) {
      if (name === 'all') return results[sign as keyof typeof results];
      this.#evaluate(name, target ?? domain);
    }
    const redirect = terms.find(({ name }) => name === 'redirect')?.target;
    if (redirect === undefined) return null;
    this.#count();
    return this.check(redirect);
  }

  #termsOf(domain: string) {
    const texts = this.#query(domain, 'TXT').filter((text) => /^v=spf1( |$)/.test(text));
    if (texts.length === 0) throw new Stop('target without record');
    if (texts.length > 1) throw new Stop('target with several records');
    const words = (texts[0] ?? '').split(' ').slice(1);
    const terms = words.filter((word) => word !== '').map(termOf);
    if (terms.some(({ name, isModifier }) => !isModifier && !mechanisms.has(name)))
      throw new Stop('syntax');
    return terms;
  }

  #evaluate(name: string, target: string): void {
    if (name === 'ip4' || name === 'ip6') return;
    this.#count();
    if (name === 'include') this.check(target);
    // What "ptr" and macros ask for depends on the message.
    if (name === 'include' || name === 'ptr' || target.includes('%')) return;
    const types = ({ a: ['A', 'AAAA'], mx: ['MX'], exists: ['A'] } as const)[name] ?? [];
    const found = types.flatMap((type) => this.#query(target, type));
    if (found.length === 0) this.#countVoid();
    if (name === 'mx' && found.length > 10) throw new Stop('mx');
  }

  #count(): void {
    this.lookups += 1;
    if (this.lookups > 10) throw new Stop('lookups');
  }

  #countVoid(): void {
    this.voids += 1;
    if (this.voids > 2) throw new Stop('voids');
  }

  #query(name: string, type: QueryType): string[] {
    return this.#world
      .resolve(name, type)
      .answers.filter((answer) => answer.type === type)
      .map(({ data }) => String(data));
  }
}

/** `-include:name`, `mx/24` or `redirect=name`, in parts. Unknown modifiers are ignored. */
function termOf(word: string) {
  const [, sign = '', name = '', mark, target] =
    /^([-~?+]?)([^:=/]+)(?:([:=])([^/]+))?/.exec(word) ?? [];
  return { sign, name, target, isModifier: mark === '=' };
}
