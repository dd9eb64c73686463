import { describe, expect, it } from 'vitest';
import type { PlantName } from '../../../bench/support/sessions/plants.ts';
import { PLANT_NAMES } from '../../../bench/support/sessions/plants.ts';
import { runSessions } from '../../../bench/support/sessions/session-runs.ts';

/** Where to begin looking, so that the test is short, and what the finding must say. */
const FOUND: Readonly<Record<PlantName, readonly [seed: number, says: RegExp]>> = {
  'resend-on-timeout': [8, /submitted twice/],
  'token-reuse': [10, /spent the token of|recorded twice|a retry/],
  'skip-fsync': [1, /submitted before its record was durable/],
  'kill-after-check': [9, /opened after the kill/],
  'cap-off-by-one': [12, /trades 11 contracts a leg/],
  'drop-fill': [1, /was not journalled|the facts say/],
  'audit-gap': [1, /came after record|does not read back/],
  leak: [1, /holds a plain token/],
};

describe('a planted bug', () => {
  it.each(PLANT_NAMES)('is found: %s', (plant) => {
    const [seed, says] = FOUND[plant];
    const { violations } = runSessions({ sessions: 12, seed, plant, twice: false, minutes: 200 });
    expect(violations.some((what) => says.test(what))).toBe(true);
  });
});
