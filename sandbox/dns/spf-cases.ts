import { numbered, range, type Records } from './case-records.ts';
import type { NameRecords } from './zones.ts';

/** Sender policies that are hard to evaluate, each for one reason. */
export function spfCases(): Records {
  return { ...lookupLimits(), ...unusualRecords(), ...qualifiers() };
}

const spfRecord = (text: string): NameRecords => ({ txt: [text] });

/** Policies at and above the limit of ten lookups (RFC 7208, 4.6.4). */
function lookupLimits(): Records {
  const includes = (count: number, name: string) =>
    `v=spf1 ${range(count)
      .map((index) => `include:${name}${index}.hard.test`)
      .join(' ')} -all`;
  return {
    'spf-ten': spfRecord(includes(10, 'leaf')),
    'spf-eleven': spfRecord(includes(11, 'leaf')),
    // Four includes of three lookups each, nested: 4 + 8 of their own.
    'spf-nested': spfRecord(includes(4, 'branch')),
    ...numbered(
      4,
      (index) => `branch${index}`,
      (index) =>
        spfRecord(`v=spf1 include:leaf${index}.hard.test include:leaf${index + 4}.hard.test ~all`),
    ),
    ...numbered(
      11,
      (index) => `leaf${index}`,
      (index) => spfRecord(`v=spf1 ip4:192.0.2.${index} -all`),
    ),
    'spf-endless': spfRecord('v=spf1 include:spf-endless1.hard.test -all'),
    ...numbered(
      60,
      (index) => `spf-endless${index}`,
      (index) =>
        spfRecord(
          `v=spf1 a mx include:spf-endless${index + 1}.hard.test include:leaf1.hard.test -all`,
        ),
    ),
    'spf-mx11': {
      mx: range(11).map((index) => [index, `mx${index}.hard.test`]),
      txt: ['v=spf1 mx -all'],
    },
    ...numbered(
      11,
      (index) => `mx${index}`,
      (index) => ({ a: [`192.0.2.${50 + index}`] }),
    ),
  };
}

/** Loops, several records, void lookups, redirects and macros. */
function unusualRecords(): Records {
  return {
    'spf-loop': spfRecord('v=spf1 include:spf-loop-back.hard.test -all'),
    'spf-loop-back': spfRecord('v=spf1 include:spf-loop.hard.test -all'),
    'spf-two': { txt: ['v=spf1 mx -all', 'unrelated', 'v=spf1 a -all'] },
    'spf-strings': { txt: [['v=spf1 ip4:192.0.2.1 ip4:19', '2.0.2.2 -a', 'll']] },
    'spf-version': { txt: ['v=spf10 -all', 'v=spf1;-all'] },
    'spf-void': spfRecord('v=spf1 a:gone1.hard.test a:gone2.hard.test exists:empty.hard.test -all'),
    'spf-include-nothing': spfRecord('v=spf1 include:empty.hard.test -all'),
    'spf-include-two': spfRecord('v=spf1 include:spf-two.hard.test -all'),
    'spf-include-silent': spfRecord('v=spf1 include:silent.hard.test -all'),
    'spf-redirect': spfRecord('v=spf1 redirect=leaf1.hard.test'),
    'spf-redirect-nothing': spfRecord('v=spf1 redirect=empty.hard.test'),
    'spf-redirect-all': spfRecord('v=spf1 ~all redirect=empty.hard.test'),
    'spf-macro': spfRecord('v=spf1 include:%{ir}.%{v}._spf.hard.test exists:%{i}._i.%{d2} -all'),
    'spf-ptr': spfRecord('v=spf1 ptr ip4:192.0.2.1 -all'),
  };
}

/** What the last mechanism says, or that there is none; wrong and long records. */
function qualifiers(): Records {
  return {
    'spf-open': spfRecord('v=spf1 mx +all'),
    'spf-neutral': spfRecord('v=spf1 ip4:192.0.2.1 ?all'),
    'spf-no-all': spfRecord('v=spf1 ip4:192.0.2.1'),
    'spf-wrong': spfRecord('v=spf1 ipv4:192.0.2.1 include: -all'),
    'spf-long': spfRecord(
      `v=spf1 ${range(30)
        .map((index) => `ip4:192.0.2.${100 + index}`)
        .join(' ')} -all`,
    ),
  };
}
