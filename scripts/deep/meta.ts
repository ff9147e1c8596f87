import type {} from 'vitest';

/** The figures that a reliability test measured, for the table of `npm run test:deep`. */
export type Figures = Record<string, number | string>;

declare module 'vitest' {
  interface TaskMeta {
    /** The name of the row and its figures. */
    shown?: { row: string; figures: Figures };
  }
}
