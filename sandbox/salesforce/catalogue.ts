import { malformedQuery, noField, noObject, noRelationship, Refusal } from './errors.ts';
import {
  CUSTOM_OBJECTS,
  isFilterable,
  OBJECTS,
  type Field,
  type ObjectName,
  type SObject,
} from './objects.ts';
import type { SalesforceSpec } from './spec.ts';
import type { Schema } from './objects.ts';

/** What one user may see of the objects of an organisation. */
export class Catalogue {
  readonly #schema: Schema;
  readonly #spec: SalesforceSpec;
  /** Fields by their name in lower case, by object. */
  readonly #dropped = new Set<ObjectName>();
  readonly #described = new Map<ObjectName, ReadonlyMap<string, Field>>();

  constructor(schema: Schema, spec: SalesforceSpec) {
    this.#schema = schema;
    this.#spec = spec;
  }

  /** Names of objects are compared without regard to case. Throws Refusal (INVALID_TYPE). */
  object(name: string): SObject {
    const found = OBJECTS.find((each) => each.toLowerCase() === name.toLowerCase());
    if (found === undefined || !this.#shows(found)) throw noObject(name);
    return this.#schema[found];
  }

  /** All objects that the user may see. */
  objects(): SObject[] {
    return OBJECTS.filter((name) => this.#shows(name)).map((name) => this.#schema[name]);
  }

  #shows(name: ObjectName): boolean {
    if (this.#dropped.has(name) || this.#spec.hiddenObjects?.includes(name) === true) return false;
    return !CUSTOM_OBJECTS.includes(name) || this.#spec.defined?.includes(name) === true;
  }

  /** The customer gives an object up. */
  drop(name: ObjectName): void {
    this.#dropped.add(name);
  }

  /** A field has another name from now on. */
  rename(object: ObjectName, from: string, to: string): void {
    const { fields } = this.#schema[object];
    this.#schema[object] = {
      ...this.#schema[object],
      fields: fields.map((field) =>
        field.name === from ? { ...field, name: to, label: to } : field,
      ),
    };
    this.#described.delete(object);
  }

  /** The fields that descriptions list. */
  describedFields(object: SObject): Field[] {
    return [...this.#fieldsOf(object).values()];
  }

  /** A field that a query names. Throws Refusal (INVALID_FIELD). */
  field(object: SObject, name: string): Field {
    const found = this.#fieldsOf(object).get(name.toLowerCase());
    if (
      found === undefined ||
      this.#spec.refused?.includes(`${object.name}.${found.name}`) === true
    )
      throw noField(name, object.name);
    return found;
  }

  #fieldsOf({ name, fields }: SObject): ReadonlyMap<string, Field> {
    const known = this.#described.get(name);
    if (known !== undefined) return known;
    const hidden = new Set(this.#spec.hidden ?? []);
    const described = new Map(
      fields
        .filter((field) => !hidden.has(`${name}.${field.name}`))
        .map((field) => [field.name.toLowerCase(), field]),
    );
    this.#described.set(name, described);
    return described;
  }

  /** The reference behind the first part of a path. Throws Refusal (INVALID_FIELD). */
  relationship(object: SObject, name: string): Field & { to: readonly ObjectName[] } {
    const found = this.describedFields(object).find(
      ({ relationship }) => relationship?.toLowerCase() === name.toLowerCase(),
    );
    if (found?.to === undefined) throw noRelationship(name);
    return { ...found, to: found.to };
  }

  /** Checks a path such as `Owner.Name`; of several possible parents only common fields count. */
  checkPath(object: SObject, path: string): void {
    const [first = '', ...rest] = path.split('.');
    if (rest.length === 0) return void this.field(object, first);
    for (const parent of this.relationship(object, first).to)
      this.checkPath(this.#schema[parent], rest.join('.'));
  }

  /** A field that is compared or sorted by. */
  filterable(object: SObject, path: string): Field {
    if (path.includes('.')) throw malformedQuery(`the sandbox does not filter by ${path}`);
    const field = this.field(object, path);
    if (isFilterable(field)) return field;
    throw new Refusal(400, 'INVALID_FIELD', `field '${path}' can not be filtered in a query call`);
  }
}
