import type {} from 'vitest';

/** What a reliability test came to, for the table that `npm run test:deep` writes. */
export type Figures = Record<string, number | string>;

declare module 'vitest' {
  interface TaskMeta {
    /** The row of the table, by the name of its test there. */
    shown?: { row: string; figures: Figures };
  }
}
