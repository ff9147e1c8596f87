/** A tenant's accent colour, moved until it can be read in both themes. */

/** Ours, where a tenant has chosen none. */
const defaultAccent = '#1f5f8b';

/**
 * The surface that the accent is hardest to read on, per theme: its own tint over `--sunken` in
 * tokens.css.
 */
const lightSurface = '#e9ecec';
const darkSurface = '#262b30';

/** WCAG 2.2 AA for text of any size. */
const readable = 4.5;

/**
 * The accent for the light and the dark theme; anything that is not `#rrggbb` counts as no choice.
 */
export function accentPair(accent: string | null | undefined): { light: string; dark: string } {
  const base = accent && /^#[0-9a-f]{6}$/i.test(accent) ? accent.toLowerCase() : defaultAccent;
  return {
    light: moveUntilReadable(base, lightSurface, 0),
    dark: moveUntilReadable(base, darkSurface, 255),
  };
}

/**
 * Moves `hex` towards black (0) or white (255) in small steps until it is readable on `surface`.
 */
function moveUntilReadable(hex: string, surface: string, goal: number): string {
  const start = parse(hex);
  for (let step = 0; step <= 50; step += 1) {
    const moved = format(start.map((part) => part + ((goal - part) * step) / 50) as Rgb);
    if (contrast(moved, surface) >= readable) return moved;
  }
  return format([goal, goal, goal]);
}

/** Contrast of two `#rrggbb` colours as WCAG 2.2 defines it, 1..21. */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(parse(one)), luminance(parse(other))].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return (high + 0.05) / (low + 0.05);
}

/** Relative luminance as WCAG 2.2 defines it, 0..1. */
function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

type Rgb = [number, number, number];

function parse(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
}

function format(colour: Rgb): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}
