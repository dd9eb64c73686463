import { FUZZ_KINDS, fuzzFrame } from '../../test/support/feed/frame-fuzz.ts';
import { isReadAsJsonDoes, randomNumberTexts } from '../../test/support/feed/number-texts.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';

/** Of this many numbers one frame's worth: frames take longer, and hold numbers themselves. */
const NUMBERS_PER_FRAME = 40;
const MOST_TOLD = 20;
const PROGRESS_EVERY = 10_000;
const NAIVE = 'naive-number';

/** As one would read a number without care: digit by digit, a tenth at a time. */
function isReadNaively(text: string): boolean {
  const [whole = '', fraction = ''] = text.split('.');
  const isPlain = /^\d+$/.test(whole) && /^\d*$/.test(fraction);
  if (!isPlain || (whole.length > 1 && whole.startsWith('0'))) return isReadAsJsonDoes(text);
  let value = Number(whole);
  for (let i = 0; i < fraction.length; i += 1) value += Number(fraction[i]) * 0.1 ** (i + 1);
  return value === Number(text);
}

function run({ runs, seed, plant, seconds, progress }: CampaignOptions): CampaignOutcome {
  const violations: string[] = [];
  const until =
    seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1_000;
  const isRight = plant === NAIVE ? isReadNaively : isReadAsJsonDoes;
  const told = (violation: string): void => {
    if (violations.length < MOST_TOLD) violations.push(violation);
  };
  let numbers = 0;
  for (const text of randomNumberTexts(seed, runs)) {
    if (numbers % PROGRESS_EVERY === 0) {
      progress(numbers, violations.length);
      if (performance.now() >= until) break;
    }
    numbers += 1;
    if (!isRight(text)) told(`seed ${seed}: "${text}" is not read as JSON.parse reads it`);
  }
  const kinds: Record<string, number> = Object.fromEntries(FUZZ_KINDS.map((kind) => [kind, 0]));
  const counts = { numbers, frames: 0, readFromBytes: 0, events: 0 };
  const frames = Math.ceil(numbers / NUMBERS_PER_FRAME);
  for (let i = 0; i < frames; i += 1) {
    const { kind, isFast, events, violation } = fuzzFrame(seed + i);
    counts.frames += 1;
    counts.events += events;
    counts.readFromBytes += isFast ? 1 : 0;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (violation !== undefined) told(violation);
  }
  const isEnough = counts.readFromBytes * 10 > frames && Object.values(kinds).every((n) => n > 0);
  if (!isEnough) told('too few frames were read from their bytes, or a kind of them never came');
  return {
    runs: numbers,
    violations,
    counts: { ...counts, kinds },
    notes: ['Every number and every frame is read twice: from its bytes, and by JSON.parse.'],
  };
}

export const campaign: Campaign = {
  name: 'fuzz',
  proves: 'The byte decoder reads numbers and frames, right, torn and hostile, as JSON.parse does.',
  runs: 2_000_000,
  unit: 'numbers',
  plants: { [NAIVE]: /is not read as JSON.parse reads it/ },
  run,
};
