/** One bar or slice: what it stands for, how it is written, and where its rows are. */
export interface ChartItem {
  label: string;
  value: number;
  /** The value as a person reads it, written beside the bar. */
  text: string;
  /** The value of the compared period; null when there is none. */
  previous?: number | null;
  /** That value as a person reads it. */
  previousText?: string;
  /** Further lines for the tooltip. */
  tip?: string[];
  /** The rows behind the figure. */
  href: string;
  /** A CSS colour; custom properties let one render serve both themes. */
  colour?: string;
}

/** CSS pixels. */
export interface ChartSize {
  width: number;
  height: number;
}

export type ChartKind = 'bars' | 'columns' | 'donut';
