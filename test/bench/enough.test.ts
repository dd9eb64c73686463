import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DENIALS,
  DENIALS_ELSEWHERE,
  lacksOfCampaign,
  lacksOfReplays,
  lacksOfTime,
  notAskedOf,
  RARE_DENIALS,
} from '../../bench/support/sessions/enough.ts';
import { sessionsCampaign } from '../../bench/support/sessions/session-campaign.ts';
import { emptyTally } from '../../src/desk/simulation/session-tally.ts';
import type { DenialCode } from '../../src/engine/domain/verdict.ts';
import { CHECKS } from '../../src/risk/gate.ts';

const ASKED = new Set<DenialCode>([...DENIALS, ...RARE_DENIALS]);
const ELSEWHERE = Object.entries(DENIALS_ELSEWHERE);

describe('of the refusals of the gate', () => {
  it.each(CHECKS.map(({ code }) => code))(
    '%s is asked for or shown by a test, not both',
    (code) => {
      expect(ASKED.has(code)).toBe(DENIALS_ELSEWHERE[code] === undefined);
    },
  );

  it.each(ELSEWHERE)('%s is spoken of in %s', (code, file) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(`'${code}'`);
  });

  it('each that is asked for is missed in a campaign that is long enough', () => {
    const [long, short] = [800, 799].map((sessions) => {
      return lacksOfCampaign(emptyTally(), sessions, sessions);
    });
    for (const code of ASKED) expect(long).toContain(`no denial ${code}`);
    for (const code of DENIALS) expect(short).toContain(`no denial ${code}`);
  });
});

describe('a campaign whose time is too short', () => {
  it.each([
    [1_000, 299, ['only 299 of 1000 sessions came in the time: 300 are the least']],
    [1_000, 300, []],
    [299, 20, []],
  ])('of %i sessions that came to %i', (asked, came, says) => {
    expect(lacksOfTime(asked, came)).toEqual(says);
  });

  it.each([
    [1_000, 799, ['of 799 sessions what is rare is not asked: that takes 800']],
    [1_000, 800, []],
    [799, 20, []],
  ])('of %i sessions that came to %i says what it does not ask', (asked, came, says) => {
    expect(notAskedOf(asked, came)).toEqual(says);
  });

  it('of which too few starts were replayed fails', () => {
    expect(lacksOfReplays({ replayed: 4, notReplayed: 5 })).toEqual([
      'only 4 of 9 starts were replayed',
    ]);
    expect(lacksOfReplays({ replayed: 5, notReplayed: 5 })).toEqual([]);
  });

  it('fails, and says so', async () => {
    const progress = (): void => undefined;
    const options = { runs: 1_000, seed: 1, plant: undefined, seconds: 0, progress };
    const { violations, notes } = await sessionsCampaign(options, { twiceUpTo: 0 });
    expect(violations).toContain('only 0 of 1000 sessions came in the time: 300 are the least');
    expect(notes).toContain('of 0 sessions what is rare is not asked: that takes 800');
  });
});
