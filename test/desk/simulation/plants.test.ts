import { describe, expect, it } from 'vitest';
import { PLANT_WORDS } from '../../../bench/support/sessions/plant-words.ts';
import type { PlantName } from '../../../bench/support/sessions/plants.ts';
import { PLANT_NAMES } from '../../../bench/support/sessions/plants.ts';
import { runJob } from '../../../bench/support/sessions/session-runs.ts';

/** Every plant is found within so many sessions … */
const WITHIN_SESSIONS = 80;
/** … and these, where the first seed does not show them, by this one. */
const FIRST_SEED: Readonly<Partial<Record<PlantName, number>>> = {
  'resend-on-timeout': 27,
  'token-reuse': 19,
  'kill-after-check': 361,
  'kill-before-connect': 270,
  'cap-off-by-one': 107,
  'delta-cap-off': 2,
  'blind-stop': 534,
  'forgotten-side': 42,
  'time-exit-never': 7,
  'rest-left-working': 357,
  'kill-calls-nothing-back': 151,
  'closes-never-moved': 4,
  'asked-forgotten': 37,
  'alert-never-told': 7,
  'flat-beside-broker': 801,
  'raise-never-ends': 10,
  'target-never': 284,
  'trail-never': 12,
  'gain-never-kept': 25,
  'opposite-break-never': 232,
  'stop-leaves': 705,
  'leaves-two-hours-late': 34,
  'target-followed': 1288,
  'unknown-told-to-nobody': 27,
  'moved-told-to-nobody': 96,
  'stops-of-the-limit': 7,
  'stops-at-60-percent': 2,
  'incident-never-over': 2,
  'plan-sends-again': 103,
  'plan-counts-nothing': 124,
  'plan-never-revoked': 59,
};
const PATIENCE_MILLIS = 120_000;

describe('a planted bug', () => {
  it.each(PLANT_NAMES)('is found: %s', { timeout: PATIENCE_MILLIS }, (plant) => {
    const says = PLANT_WORDS[plant];
    let found: readonly string[] = [];
    const first = FIRST_SEED[plant] ?? 1;
    for (let i = 0; i < WITHIN_SESSIONS && found.length === 0; i += 1) {
      const seed = first + i;
      const { violations } = runJob({ seed, plant, twice: false });
      found = violations.filter((what) => says.test(what));
    }
    expect(found).not.toEqual([]);
  });
});
