import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../src/command/plan-file.ts';
import { tempFolder } from './support/terminal.ts';

const SHEET = {
  version: 1,
  entries: [
    {
      name: 'morning condor',
      at: '10:05',
      strategy: 'iron_condor_30_delta',
      arguments: { width: 5, short_delta: 20 },
      tranches: 3,
      every_minutes: 30,
      cooldown_minutes: 60,
      skip_on: ['FOMC'],
      send: true,
    },
    { name: 'lotto', at: '14:10', strategy: 'lotto_play_5_delta' },
  ],
};
const EVENTS = {
  version: 1,
  valid_until: '2026-12-31',
  events: [{ date: '2026-12-09', name: 'FOMC', from: '13:30' }],
};

function files(sheet: unknown, events?: unknown) {
  const folder = tempFolder();
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  return {
    PLAN_SHEET: write('plan.json', sheet),
    ...(events !== undefined && { EVENT_FILE: write('events.json', events) }),
  };
}

describe('a plan sheet', () => {
  it('reads the arguments of the tools, with their defaults', () => {
    const plan = readPlan(files(SHEET, EVENTS));
    expect(plan?.entries).toEqual([
      {
        name: 'morning condor',
        atMinutes: 605,
        tranches: 3,
        everyMinutes: 30,
        request: {
          strategy: 'iron_condor_30_delta',
          width: 5,
          shortDelta: 20,
          select: 'delta',
          quantity: 1,
        },
        cooldownMinutes: 60,
        skipOn: ['FOMC'],
        sends: true,
      },
      {
        name: 'lotto',
        atMinutes: 850,
        tranches: 1,
        everyMinutes: 30,
        request: { strategy: 'lotto_play_5_delta', side: 'call', targetDelta: 5, quantity: 1 },
        cooldownMinutes: 0,
        skipOn: [],
        sends: false,
      },
    ]);
    expect(plan?.calendar).toEqual({
      validUntil: '2026-12-31',
      events: [{ date: '2026-12-09', name: 'FOMC', fromMinutes: 810, toMinutes: 1_440 }],
    });
  });

  it('is another one once a byte of it or of its events is', () => {
    const hashes = [
      readPlan(files(SHEET))?.sha256,
      readPlan(files(SHEET, EVENTS))?.sha256,
      readPlan(files(SHEET, { ...EVENTS, valid_until: '2027-12-31' }))?.sha256,
      readPlan(files({ ...SHEET, entries: SHEET.entries.slice(1) }))?.sha256,
    ];
    expect(new Set(hashes).size).toBe(4);
  });

  it('takes no event that ends before it begins', () => {
    const until = (to: string) => ({ ...EVENTS, events: [{ ...EVENTS.events[0], to }] });
    for (const to of ['03:30', '13:30']) {
      expect(() => readPlan(files(SHEET, until(to)))).toThrow('events.0: from must be before to');
    }
    const [event] = readPlan(files(SHEET, until('13:31')))?.calendar?.events ?? [];
    expect(event).toMatchObject({ fromMinutes: 810, toMinutes: 811 });
  });

  it('is not there where none is set', () => {
    expect(readPlan({})).toBeUndefined();
  });

  it('tells every fault with its place, at once', () => {
    const [first, second] = SHEET.entries;
    const bad = {
      version: 1,
      entries: [
        { ...first, at: '25:00', tranches: 0 },
        { ...second, strategy: 'martingale' },
      ],
    };
    expect(() => readPlan(files(bad))).toThrow(
      /entries\.0\.at: must be a New York time[\s\S]*entries\.0\.tranches[\s\S]*entries\.1\.strategy/,
    );
    expect(() => readPlan(files({ ...SHEET, entries: [first, first] }))).toThrow(
      'a name of its own',
    );
    expect(() => readPlan(files({ ...SHEET, entries: [{ ...first, leverage: 9 }] }))).toThrow(
      'leverage',
    );
    expect(() => readPlan(files('{'))).toThrow('is no JSON');
    expect(() => readPlan({ PLAN_SHEET: '/nowhere/plan.json' })).toThrow(
      'PLAN_SHEET: /nowhere/plan.json cannot be read',
    );
    expect(() => readPlan(files(SHEET, { ...EVENTS, valid_until: 'soon' }))).toThrow('EVENT_FILE');
  });
});
