import { ControlError } from './provider.ts';

/** A provider's accounts by name, each built from its spec. */
export class Accounts<Spec extends { name: string; label: string }, Account> {
  readonly #specs: readonly Spec[];
  readonly #build: (spec: Spec) => Account;
  readonly #accounts = new Map<string, Account>();

  constructor(specs: readonly Spec[], build: (spec: Spec) => Account) {
    this.#specs = specs;
    this.#build = build;
    this.rebuild();
  }

  /** @throws ControlError (404) when there is no account of this name */
  get(name: string): Account {
    const found = this.#accounts.get(name);
    if (found !== undefined) return found;
    const names = [...this.#accounts.keys()].join(', ');
    throw new ControlError(`no account '${name}'; there are: ${names}`, 404);
  }

  list(): { name: string; label: string }[] {
    return this.#specs.map(({ name, label }) => ({ name, label }));
  }

  /** Forgets what happened to the accounts after they were built. */
  rebuild(): void {
    for (const spec of this.#specs) this.#accounts.set(spec.name, this.#build(spec));
  }
}
