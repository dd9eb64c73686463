import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configToStart, faultsOfFiles } from '../../src/command/setting-files.ts';
import { readConfig } from '../../src/config.ts';
import { tempFolder } from './support/terminal.ts';

const NOWHERE = '/nowhere/file';
const ENTRY = { name: 'c', at: '10:05', strategy: 'iron_condor_30_delta' };

/** What a start with these settings says. */
function refusal(environment: Record<string, string>): string {
  try {
    configToStart(environment, tempFolder());
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

describe('the files that settings name', () => {
  it('are all looked at, and their faults stand in one message with those of the settings', () => {
    const text = refusal({
      PORT: 'none',
      PLAN_SHEET: NOWHERE,
      EVENT_FILE: NOWHERE,
      EX_DIVIDENDS: NOWHERE,
      SIM_BARS: NOWHERE,
    });
    expect(text).toContain('5 fault(s)');
    for (const name of ['PORT', 'PLAN_SHEET', 'EVENT_FILE', 'EX_DIVIDENDS', 'SIM_BARS']) {
      expect(text).toMatch(new RegExp(`^ {2}- ${name}\\b`, 'm'));
    }
  });

  it('are read as the engine reads them, each fault under its file', () => {
    const folder = tempFolder();
    const sheet = join(folder, 'plan.json');
    writeFileSync(sheet, JSON.stringify({ version: 1, entries: [{ ...ENTRY, at: 'noon' }] }));
    const bars = join(folder, 'bars.csv');
    writeFileSync(bars, 'time,open\n');
    const text = refusal({ PLAN_SHEET: sheet, SIM_BARS: bars });
    expect(text).toContain(`  - PLAN_SHEET: ${sheet}\n    - entries.0.at: must be a New York time`);
    expect(text).toContain(`  - SIM_BARS ${bars}: row 1: the heading has no column "high"`);
  });

  it('count where an engine of these settings reads them, and there alone', () => {
    const files = { EVENT_FILE: NOWHERE, SIM_BARS: NOWHERE, REPLAY_FILE: NOWHERE };
    const dxlink = { DXLINK_URL: 'wss://f.example', DXLINK_TOKEN: 't', DXLINK_STRIKES: '1-2' };
    const played = faultsOfFiles(readConfig({ ...files, DELTARING_FEED: 'replay' }));
    expect(played).toEqual([expect.stringMatching(/^REPLAY_FILE: \/nowhere\/file cannot be read/)]);
    const real = readConfig({ ...files, ...dxlink, DELTARING_FEED: 'dxlink' });
    expect(faultsOfFiles(real)).toEqual([]);
  });

  it('are no matter to a start where they can be read', () => {
    const folder = tempFolder();
    const days = join(folder, 'days');
    writeFileSync(days, '2026-12-18\n');
    mkdirSync(join(folder, 'home'));
    const settings = { EX_DIVIDENDS: days, DELTARING_HOME: join(folder, 'home') };
    expect(configToStart(settings, folder)).toEqual(readConfig(settings));
  });
});
