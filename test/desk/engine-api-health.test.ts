import { describe, expect, it } from 'vitest';
import { MARKET_PHASES, PHASE_WORDS } from '../../src/desk/engine-api-health.ts';

describe('the parts of a session', () => {
  it('have words of their own for a person, each in lower case', () => {
    const words = MARKET_PHASES.map((phase) => PHASE_WORDS[phase]);
    expect(new Set(words).size).toBe(7);
    for (const text of words) expect(text).toMatch(/^[a-z][a-z, -]+$/);
  });

  it('in which nothing opens say so', () => {
    const shut = MARKET_PHASES.filter((phase) => PHASE_WORDS[phase].endsWith('nothing opens'));
    expect(shut).toEqual(['auction', 'pastCutoff']);
  });
});
