import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { fieldProblem } from './input.ts';

/**
 * The lowest score, of 0 to 4, that a new password needs: at least 10^8 guesses by somebody who
 * knows common passwords, names, dates and patterns of the keyboard.
 */
const minScore = 3;

/** The letters and digits that a password needs besides names that its user is known by. */
const minOthers = 6;

/** Words that somebody who attacks this product tries first. */
const productWords = ['tributary', 'dashboard', 'clienttether', 'dynamics', 'franchise'];

/**
 * Throws Problem `bad_request` about `field` if the password is easy to guess: it is or resembles a
 * common one, or is made of patterns or of `words`, such as the person's name and address and the
 * name of the workspace. The lists are embedded, so that no password leaves this process.
 */
export async function requireStrongPassword(
  field: string,
  password: string,
  words: readonly string[],
): Promise<void> {
  const known = [...productWords, ...words.flatMap(splitWords)];
  const estimator = await loadEstimator();
  const { score, feedback } = estimator.check(password, known);
  const isPersonal = countOthers(password, known) < minOthers;
  if (score >= minScore && !isPersonal) return;
  throw fieldProblem(
    'bad_request',
    field,
    `This password is easy to guess. ${explain(isPersonal ? 'userInputs' : feedback.warning)} ` +
      'A few unusual words in a row are easy to remember and hard to guess.',
  );
}

const splitWords = (text: string): string[] =>
  [text, ...text.split(/[^\p{L}\p{N}]+/u)]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= 3);

/**
 * The letters and digits that are left when the known words are taken out: the estimate alone takes
 * two names in a row for hard to guess.
 */
function countOthers(password: string, known: readonly string[]): number {
  const longestFirst = known.toSorted((one, other) => other.length - one.length);
  const rest = longestFirst.reduce(
    (text, word) => text.replaceAll(word, ' '),
    password.toLowerCase(),
  );
  return rest.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function explain(warning: string | null): string {
  switch (warning) {
    case 'userInputs':
      return 'It is made of your name, your address, or a name from this product.';
    case 'common':
    case 'topTen':
    case 'topHundred':
    case 'similarToCommon':
      return 'It is, or resembles, one of the most common passwords.';
    case 'simpleRepeat':
    case 'extendedRepeat':
    case 'sequences':
    case 'straightRow':
    case 'keyPattern':
      return 'It repeats itself or follows a pattern.';
    default:
      return 'It is made of common words, names or dates.';
  }
}

let estimator: Promise<ZxcvbnFactory> | undefined;

/**
 * Loads the lists on first use: they take about 150 ms and 8 MB, which most processes never need.
 */
function loadEstimator(): Promise<ZxcvbnFactory> {
  estimator ??= Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]).then(
    ([core, common]) =>
      new core.ZxcvbnFactory({
        dictionary: { ...common.dictionary },
        graphs: common.adjacencyGraphs,
      }),
  );
  return estimator;
}
