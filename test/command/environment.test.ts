import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { configOf, engineHome } from '../../src/command/environment.ts';
import { readConfig } from '../../src/config.ts';
import { noticeOfName } from '../../src/config-names.ts';
import { DeltaringError } from '../../src/engine/domain/errors.ts';
import { captureTerminal, tempFolder } from './support/terminal.ts';

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

  it('takes from .env what a variable sets to nothing', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'MAX_DAILY_LOSS=200\n');
    expect(configOf({ MAX_DAILY_LOSS: '' }, folder).MAX_DAILY_LOSS).toBe(200);
    expect(configOf({ MAX_DAILY_LOSS: ' ' }, folder).MAX_DAILY_LOSS).toBe(200);
  });

  it('names each line of .env that sets nothing beside the other faults', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'MAX_DAILY_LOSS: 200\nPORT=none\nMAX_TRADE_LOSS 300\n');
    const faulty = () => configOf({}, folder, () => ['PLAN_SHEET: gone']);
    expect(faulty).toThrow('4 fault(s)');
    expect(faulty).toThrow('line 1 of');
    expect(faulty).toThrow('line 3 of');
    expect(faulty).toThrow('PORT: must be');
    expect(faulty).toThrow('PLAN_SHEET: gone');
  });

  it('names what .env sets that is no setting, once', () => {
    const folder = tempFolder();
    const lines = ['MAX_LOSS=1', 'LOSS=2', 'max_daily_loss=3', 'AWS_REGION=x', 'PORT=9001'];
    vi.stubEnv('AWS_REGION', 'x');
    onTestFinished(() => void vi.unstubAllEnvs());
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    expect(configOf({ UNRELATED: '1' }, folder).notices).toEqual(
      ['MAX_LOSS', 'max_daily_loss', 'LOSS'].map(noticeOfName),
    );
  });

  it('hands the AWS variables of .env on to the client of the bucket', () => {
    const folder = tempFolder();
    const names = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'PORT'] as const;
    for (const name of names) vi.stubEnv(name, undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const lines = ['AWS_REGION=eu-central-1', 'AWS_ACCESS_KEY_ID=AKIA', 'PORT=9001'];
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    configOf(process.env, folder);
    expect(names.map((name) => process.env[name])).toEqual(['eu-west-1', 'AKIA', undefined]);
  });

  it('says of a fault in .env what any fault gets', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'PORT=none\n');
    expect(() => configOf({}, folder)).toThrow('PORT: must be a whole number');
  });

  it('passes over a folder that is named .env, and says so', () => {
    const folder = tempFolder();
    const path = join(folder, '.env');
    mkdirSync(path);
    const config = configOf({ PORT: '9000' }, folder);
    expect(config).toMatchObject({
      PORT: 9_000,
      notices: [`${path} is a folder, and no settings are read from it`],
    });
    expect(engineHome({}, folder)).toBe(readConfig({}).home);
  });

  it('refuses a .env that cannot be read, where it may name the home', () => {
    const folder = tempFolder();
    const path = join(folder, '.env');
    // A link to itself is unreadable to root too.
    symlinkSync(path, path);
    const terminal = captureTerminal();
    expect(() => configOf({}, folder)).toThrow(DeltaringError);
    expect(() => configOf({}, folder)).toThrow('.env cannot be read: make it readable');
    expect(() => engineHome({}, folder)).toThrow('.env cannot be read: make it readable');
    expect(() => configOf({ DELTARING_HOME: '/srv/desk' }, folder)).toThrow(DeltaringError);
    expect(terminal.stderr).toBe('');
    expect(engineHome({ DELTARING_HOME: '/srv/desk' }, folder)).toBe('/srv/desk');
    expect(terminal.stderr).toBe(
      `warning: ${path} cannot be read: make it readable; going on with DELTARING_HOME=/srv/desk\n`,
    );
  });

  it('names the home of the engine though another setting has a fault', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'DELTARING_HOME=/srv/desk\nPORT=none\n');
    expect(engineHome({}, folder)).toBe('/srv/desk');
    expect(engineHome({ DELTARING_HOME: '/srv/other' }, folder)).toBe('/srv/other');
    expect(engineHome({ DELTARING_HOME: ' ' }, tempFolder())).toBe(readConfig({}).home);
  });

  it('names the home of the engine though a line of .env sets nothing, unless that may be the home', () => {
    const folder = tempFolder();
    const path = join(folder, '.env');
    writeFileSync(path, "NOTE='tis\nDELTARING_HOME=/srv/desk\n=== MAX_DAILY_LOSS: 200\n");
    expect(engineHome({}, folder)).toBe('/srv/desk');
    writeFileSync(path, 'PORT=9001\nDELTARING_HOME: /srv/desk\n');
    expect(() => engineHome({}, folder)).toThrow('line 2 of');
    expect(engineHome({ DELTARING_HOME: '/srv/other' }, folder)).toBe('/srv/other');
    writeFileSync(path, 'DELTARING_HOME=/srv/desk\n', 'utf16le');
    expect(engineHome({}, folder)).toBe('/srv/desk');
    expect(() => configOf({}, folder)).toThrow('save the file as UTF-8');
  });
});
