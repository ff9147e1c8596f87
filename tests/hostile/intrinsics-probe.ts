import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/*
 * Loaded into a process of ours before its entry (`--import`). On SIGUSR2 it writes what a plain
 * object inherits there to a file named after the process, which is so asked from outside and knows
 * nothing of it.
 */
process.on('SIGUSR2', () => {
  const prototype: object = Object.prototype;
  const found = {
    prototype: Reflect.ownKeys(prototype).map(String).toSorted(),
    // Names that something has added to the functions which all objects inherit.
    added: Object.getOwnPropertyNames(prototype).flatMap((name) =>
      Object.keys(Object(Reflect.get(prototype, name))).map((key) => `${name}.${key}`),
    ),
    isFrozen: Object.isFrozen(prototype),
  };
  writeFileSync(
    path.join(tmpdir(), `tributary-intrinsics-${process.pid}.json`),
    JSON.stringify(found),
  );
});
