import { linkTo } from '../ui/url.ts';

interface Option {
  value: string;
  label: string;
}

/** A select of a filter bar. */
export interface Choice {
  name: string;
  /** The label of the first option, which filters nothing: "All sources". */
  all: string;
  label: string;
  options: Option[];
}

/** The options of a choice, with the chosen value in front where no option offers it. */
export function listOptions(url: URL, { name, options }: Choice): Option[] {
  const chosen = url.searchParams.get(name);
  return chosen === null || options.some(({ value }) => value === chosen)
    ? options
    : [{ value: chosen, label: chosen || 'Unknown' }, ...options];
}

/** The active filters in words, each with the address of the list without it. */
export function listChips(
  url: URL,
  names: string[],
  choices: Choice[],
  hash: string,
): { label: string; href: string }[] {
  return names
    .filter((name) => url.searchParams.has(name))
    .map((name) => {
      const value = url.searchParams.get(name);
      const choice = choices.find((one) => one.name === name);
      const known = choice && listOptions(url, choice).find((option) => option.value === value);
      return {
        label: `${choice?.label ?? 'Search'}: ${known?.label ?? value}`,
        href: linkTo(url, { [name]: null }, hash),
      };
    });
}
