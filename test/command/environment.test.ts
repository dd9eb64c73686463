import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf, engineHome } from '../../src/command/environment.ts';
import { readConfig } from '../../src/config.ts';
import { DeltaringError } from '../../src/engine/domain/errors.ts';
import { tempFolder } from './support/terminal.ts';

describe('the environment of a command', () => {
  it('is the variables alone where the folder has no .env', () => {
    expect(configOf({ PORT: '9000' }, tempFolder()).PORT).toBe(9_000);
  });

  it('takes from .env what no variable sets', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'PORT=9001\nMAX_DAILY_LOSS=250 # careful\n');
    const config = configOf({ PORT: '9000' }, folder);
    expect(config).toMatchObject({ PORT: 9_000, MAX_DAILY_LOSS: 250 });
  });

  it('says of a fault in .env what any fault gets', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'PORT=none\n');
    expect(() => configOf({}, folder)).toThrow('PORT: must be a whole number');
  });

  it('refuses a .env that cannot be read', () => {
    const folder = tempFolder();
    mkdirSync(join(folder, '.env'));
    expect(() => configOf({}, folder)).toThrow(DeltaringError);
    expect(() => configOf({}, folder)).toThrow('.env cannot be read: make it readable');
  });

  it('names the home of the engine though another setting has a fault', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'DELTARING_HOME=/srv/desk\nPORT=none\n');
    expect(engineHome({}, folder)).toBe('/srv/desk');
    expect(engineHome({ DELTARING_HOME: '/srv/other' }, folder)).toBe('/srv/other');
    expect(engineHome({ DELTARING_HOME: ' ' }, tempFolder())).toBe(readConfig({}).home);
  });
});
