import type { Row } from './rows.ts';

/**
 * Notes by client, newest first. `build` computes the first notes of a client when they are asked
 * for.
 */
export class NoteBook {
  readonly #byClient = new Map<string, Row[]>();
  readonly #clientIds = new Map<string, string>();
  readonly #build: ((clientId: string) => Row[]) | undefined;

  constructor(build?: (clientId: string) => Row[]) {
    this.#build = build;
  }

  list(clientId: string): readonly Row[] {
    return this.#byClient.get(clientId) ?? this.#build?.(clientId) ?? [];
  }

  add(row: Row): void {
    const clientId = String(row.contact_id);
    this.#own(clientId).unshift(row);
    this.#clientIds.set(String(row.id), clientId);
  }

  /**
   * A note of a computed client is found only once something of that client was changed or read
   * through `own`.
   */
  findClientId(noteId: string): string | undefined {
    return this.#clientIds.get(noteId);
  }

  update(noteId: string, change: Row): Row | undefined {
    const notes = this.#own(this.#clientIds.get(noteId) ?? '');
    const at = notes.findIndex((note) => String(note.id) === noteId);
    const before = notes[at];
    if (!before) return undefined;
    return (notes[at] = { ...before, ...change });
  }

  delete(noteId: string): boolean {
    const notes = this.#own(this.#clientIds.get(noteId) ?? '');
    const at = notes.findIndex((note) => String(note.id) === noteId);
    if (at < 0) return false;
    notes.splice(at, 1);
    this.#clientIds.delete(noteId);
    return true;
  }

  dropClient(clientId: string): void {
    for (const note of this.#own(clientId)) this.#clientIds.delete(String(note.id));
    this.#byClient.set(clientId, []);
  }

  #own(clientId: string): Row[] {
    const known = this.#byClient.get(clientId);
    if (known) return known;
    const notes = [...(this.#build?.(clientId) ?? [])];
    this.#byClient.set(clientId, notes);
    for (const note of notes) this.#clientIds.set(String(note.id), clientId);
    return notes;
  }
}
