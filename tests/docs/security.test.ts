import { describe, expect, it } from 'vitest';
import { found, read } from './documents.ts';

const page = read('docs/security.md');

/**
 * The numbers of levels 1 and 2 in the OWASP Application Security Verification Standard 5.0.0, by
 * section; `2.1.1-3` stands for 2.1.1, 2.1.2 and 2.1.3.
 */
const levelTwo = `
  1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1 3.2.1-2 3.3.1-4
  3.4.1-6 3.5.1-5 3.7.1-2 4.1.1-3 4.2.1 4.3.1-2 4.4.1-4 5.1.1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3
  6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2
  7.6.1-2 8.1.1-2 8.2.1-3 8.3.1 8.4.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.1-11
  10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1 12.1.1-3
  12.2.1-2 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2 13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3
  15.2.1-3 15.3.1-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4 17.3.1-2`;

const required = levelTwo
  .trim()
  .split(/\s+/)
  .flatMap((text) => {
    const [chapter, section, ranges = ''] = text.split('.');
    return ranges.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from(
        { length: last - first + 1 },
        (_, index) => `V${chapter}.${section}.${first + index}`,
      );
    });
  });

describe('the page for security reviewers', () => {
  it('answers each requirement of levels 1 and 2 once, in order', () => {
    expect(required).toHaveLength(253);
    expect(found(page, /\*\*(V[\d.]+)\*\*/g)).toEqual(required);
  });

  it('says of each whether it is met', () => {
    const answers = found(page, /^- ((?:\*\*V[\d.]+\*\*,?\s+)+\S+(?:\n? +\S+)?)/gm);
    for (const answer of answers)
      expect(answer).toMatch(/\*\*\s+(met\b|not\s+(met|applicable)|partly\b|by\s+the$)/);
    expect(answers.join(' ').match(/\*\*V/g)).toHaveLength(253);
  });

  it('lists what is not met, or in part, at the beginning', () => {
    const [, summary = ''] = page.split('## Not met, or in part');
    const listed = found(summary.split('\n## ', 1)[0] ?? '', /^\| (V[\d.]+)/gm);
    const short = found(page, /^- \*\*(V[\d.]+)\*\* (?:not met|partly)/gm);
    expect(listed).toEqual(short);
  });
});
