import { describe, expect, it } from 'vitest';
import { fuzzFrame } from '../../support/feed/frame-fuzz.ts';

const FRAMES = 4_000;

describe('frames that are right, torn, changed and hostile', () => {
  it('are read from their bytes as the complete decoder reads them, or left to it', () => {
    const frames = Array.from({ length: FRAMES }, (_, i) => fuzzFrame(1 + i));
    expect(frames.flatMap(({ violation }) => violation ?? [])).toEqual([]);
    expect(frames.filter(({ isFast }) => isFast).length).toBeGreaterThan(FRAMES / 10);
    expect(frames.filter(({ isFast }) => !isFast).length).toBeGreaterThan(FRAMES / 10);
  });
});
