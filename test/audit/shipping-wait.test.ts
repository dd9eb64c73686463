import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { forgetWait, ShippingWait } from '../../src/audit/shipping-wait.ts';
import { tempHome } from './support/temp-home.ts';

const HERE = { bucket: 'audit', prefix: 'deltaring' };
const MINUTE_MICROS = 60_000_000;

function waitOf(path: string, place = HERE): ShippingWait {
  return new ShippingWait(realDisk, path, place);
}

function newPath(): string {
  return join(tempHome(), 'shipping.wait');
}

describe('the wait for the object store', () => {
  it('is known to the next run, to ten seconds after a crash and to the micro after a stop', () => {
    const path = newPath();
    const wait = waitOf(path);
    expect(wait.micros).toBe(0);
    wait.note(MINUTE_MICROS);
    wait.note(MINUTE_MICROS + 9_999_999);
    expect(waitOf(path).micros).toBe(MINUTE_MICROS);
    wait.note(MINUTE_MICROS + 1, true);
    expect(waitOf(path).micros).toBe(MINUTE_MICROS + 1);
  });

  it('is over once nothing waits, and leaves no file', () => {
    const path = newPath();
    const wait = waitOf(path);
    wait.note(MINUTE_MICROS);
    wait.note(undefined);
    expect([wait.micros, existsSync(path)]).toEqual([0, false]);
  });

  it.each([
    ['bucket', { ...HERE, bucket: 'other' }],
    ['prefix', { ...HERE, prefix: 'other' }],
  ])('is forgotten by a run with another %s, and by one with none', (_what, place) => {
    const path = newPath();
    waitOf(path).note(MINUTE_MICROS);
    expect(waitOf(path, place).micros).toBe(0);
    expect(waitOf(path).micros).toBe(0);
    waitOf(path).note(MINUTE_MICROS);
    forgetWait(realDisk, path);
    expect(waitOf(path).micros).toBe(0);
  });

  it.each(['', 'not json', '7', '{"bucket":"audit","prefix":"deltaring","waitedMicros":"1"}'])(
    'begins anew where its file holds %j',
    (text) => {
      const path = newPath();
      writeFileSync(path, text);
      expect(waitOf(path).micros).toBe(0);
    },
  );

  it('stops nobody where the disk takes no note', () => {
    const path = newPath();
    mkdirSync(`${path}.new`);
    const wait = waitOf(path);
    wait.note(MINUTE_MICROS);
    expect([wait.micros, existsSync(path)]).toEqual([0, false]);
  });
});
