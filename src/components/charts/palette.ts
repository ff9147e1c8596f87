/** The colours of series in order; what comes after the eighth is drawn in grey. */
export const palette = [1, 2, 3, 4, 5, 6, 7, 8].map((index) => `var(--chart-${index})`);

const restColour = 'var(--chart-rest)';

/** The colour of the n-th share, counted from 0. */
export const getColour = (index: number): string => palette[index] ?? restColour;
