import { getDomain } from 'tldts';

export type QueryType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'TXT';

/** How a name server fails. `wrong_id`: it answers a question that was not asked. */
export type DnsFault = 'no_answer' | 'servfail' | 'refused' | 'wrong_id' | { slowMs: number };

/**
 * What a name holds. A name with nothing is there all the same (NODATA); one that is in no zone is
 * not (NXDOMAIN).
 */
export interface NameRecords {
  a?: string[];
  aaaa?: string[];
  cname?: string;
  /** Preference and host; `.` for none (null MX). */
  mx?: [number, string][];
  /** Text, or its strings of at most 255 bytes each. */
  txt?: (string | string[])[];
  /** For this name and all below it, whether they are there or not. */
  fault?: DnsFault;
  /** The types that the fault concerns; default: all. */
  faultOn?: QueryType[];
}

/**
 * Full names in lower case. `*.example.test` answers for names below example.test that are not
 * there (RFC 4592).
 */
export type Zone = Record<string, NameRecords>;

export interface Answer {
  name: string;
  type: QueryType;
  data: string | [number, string] | string[];
}

export type Outcome = {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
  answers: Answer[];
  fault: DnsFault | null;
};

const MAX_ALIASES = 12;

/**
 * All zones together, as a recursive name server sees the world. `fallback` makes up the zones of
 * domains that are in none.
 */
export class World {
  readonly #names = new Map<string, NameRecords>();
  /** Names between the given ones: there, and without records. */
  readonly #between = new Set<string>();
  readonly #domains = new Set<string>();
  readonly #fallback: ((domain: string) => Zone) | undefined;

  constructor(zones: readonly Zone[], fallback?: (domain: string) => Zone) {
    this.#fallback = fallback;
    for (const zone of zones) this.#add(zone);
  }

  /**
   * Answers a question, aliases followed. A fault of a name on the way is a fault of the answer.
   */
  resolve(asked: string, type: QueryType): Outcome {
    const answers: Answer[] = [];
    let fault: DnsFault | null = null;
    let name = asked.toLowerCase();
    for (let hop = 0; hop < MAX_ALIASES; hop += 1) {
      this.#makeUp(name);
      fault ??= this.#faultAt(name, type);
      const records = this.#find(name);
      if (typeof fault === 'string') return { rcode: 'NOERROR', answers: [], fault };
      if (records === null) return { rcode: 'NXDOMAIN', answers, fault };
      if (records.cname === undefined || type === 'CNAME')
        return {
          rcode: 'NOERROR',
          answers: [...answers, ...selectRecords(name, type, records)],
          fault,
        };
      answers.push({ name, type: 'CNAME', data: records.cname });
      name = records.cname.toLowerCase();
    }
    return { rcode: 'SERVFAIL', answers: [], fault };
  }

  #find(name: string): NameRecords | null {
    const exact = this.#names.get(name);
    if (exact) return exact;
    if (this.#between.has(name)) return {};
    const encloser = above(name).find(
      (upper) => this.#names.has(upper) || this.#between.has(upper),
    );
    return encloser === undefined ? null : (this.#names.get(`*.${encloser}`) ?? null);
  }

  #faultAt(name: string, type: QueryType): DnsFault | null {
    const holder = [name, ...above(name)]
      .map((upper) => this.#names.get(upper))
      .find((records) => records?.fault !== undefined);
    return holder?.fault !== undefined && (holder.faultOn?.includes(type) ?? true)
      ? holder.fault
      : null;
  }

  #makeUp(name: string): void {
    const domain = findRegisteredDomain(name);
    if (this.#fallback === undefined || domain === null || this.#domains.has(domain)) return;
    this.#domains.add(domain);
    this.#add(this.#fallback(domain));
  }

  #add(zone: Zone): void {
    for (const [name, records] of Object.entries(zone)) {
      const domain = findRegisteredDomain(name.replace(/^\*\./, ''));
      if (domain !== null) this.#domains.add(domain);
      // Zones that were given win over those that are made up.
      if (!this.#names.has(name)) this.#names.set(name, records);
      for (const upper of above(name)) this.#between.add(upper);
    }
  }
}

function selectRecords(name: string, type: QueryType, records: NameRecords): Answer[] {
  const found =
    {
      A: records.a,
      AAAA: records.aaaa,
      CNAME: records.cname === undefined ? [] : [records.cname],
      MX: records.mx,
      TXT: records.txt,
    }[type] ?? [];
  return found.map((data) => ({ name, type, data }));
}

/** The names above one, nearest first, without the root. */
function above(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}

/**
 * The registered domain of a name, whatever services (_dmarc, selector._domainkey) stand in front.
 */
function findRegisteredDomain(name: string): string | null {
  const labels = name.split('.');
  return getDomain(
    labels.slice(labels.findLastIndex((label) => label.startsWith('_')) + 1).join('.'),
  );
}
