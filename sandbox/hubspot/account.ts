import type { SandboxClock } from '../kit/clock.ts';
import { invalid, missingScope, Refusal } from './errors.ts';
import { Life } from './life.ts';
import type { HubSpotSpec, Scope } from './spec.ts';
import { Store } from './store.ts';
import { Throttle } from './throttle.ts';
import {
  CUSTOM_TYPES,
  findType,
  type ObjectSpec,
  type PropertySpec,
  type TypeName,
} from './types.ts';

/** An account: its rows, which live by seed and time, and what may be read of them. */
export class HubSpotAccount {
  readonly spec: HubSpotSpec;
  readonly store = new Store();
  readonly throttle: Throttle;
  readonly life: Life;
  /** Types that the account has given up. */
  readonly dropped = new Set<TypeName>();
  /** New names of properties, by type and old name. */
  readonly renamed = new Map<string, string>();
  readonly #clock: SandboxClock;

  constructor(spec: HubSpotSpec, clock: SandboxClock) {
    this.spec = spec;
    this.#clock = clock;
    this.throttle = new Throttle(clock, spec.limits);
    this.life = new Life(this.store, spec);
  }

  /** Lets happen what is due. To be called before anything is read. */
  live(): void {
    this.life.until(this.now());
  }

  now(): number {
    return this.#clock.now();
  }

  /** The type by any of its names. Throws Refusal when the account does not have it. */
  type(name: string): ObjectSpec {
    const found = findType(name);
    if (found !== undefined && this.has(found.type)) return found;
    const status = this.spec.unknownTypeStatus ?? 400;
    throw new Refusal(
      status,
      status === 404 ? 'OBJECT_NOT_FOUND' : 'VALIDATION_ERROR',
      `Unable to infer object type from: ${name}`,
    );
  }

  has(type: TypeName): boolean {
    if (this.dropped.has(type) || this.spec.without?.includes(type) === true) return false;
    return !CUSTOM_TYPES.includes(type) || this.spec.defined?.includes(type) === true;
  }

  /** The type, if the app may read its objects. Throws Refusal. */
  readable(name: string): ObjectSpec {
    const spec = this.type(name);
    this.need(`crm.objects.${scopeOf(spec.type)}.read`);
    return spec;
  }

  /** Throws Refusal when the app lacks a scope. */
  need(scope: Scope): void {
    if (this.spec.denied?.includes(scope) === true) throw missingScope(scope);
  }

  properties({ type, properties }: ObjectSpec): PropertySpec[] {
    const own = this.spec.custom?.[type] ?? [];
    const all = properties.map((property) => {
      const name = this.renamed.get(`${type}/${property.name}`);
      return name === undefined ? property : { ...property, name, label: name };
    });
    return [
      ...all,
      ...own.map((name) => ({
        name,
        kind: 'text' as const,
        isCustom: true as const,
        isUnique: this.spec.unique?.[type]?.includes(name) === true,
      })),
    ];
  }

  /** Names of all properties. Throws Refusal where others are asked for, if they are refused. */
  names(spec: ObjectSpec, asked: readonly string[]): ReadonlySet<string> {
    if (this.spec.refusesUnknown === true) for (const name of asked) this.property(spec, name);
    return new Set(this.properties(spec).map(({ name }) => name));
  }

  /** Throws Refusal when the type has no such property. */
  property(spec: ObjectSpec, name: string): PropertySpec {
    const found = this.properties(spec).find((each) => each.name === name);
    if (found === undefined)
      throw invalid(`There was a problem with the request. Property "${name}" does not exist`);
    return found;
  }
}

/** Notes, tasks and meetings come with contacts. */
const scopeOf = (type: TypeName): TypeName | 'custom' => {
  if (CUSTOM_TYPES.includes(type)) return 'custom';
  return ['notes', 'tasks', 'meetings'].includes(type) ? 'contacts' : type;
};
