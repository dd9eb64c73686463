import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditStart } from '../../src/command/audit-start.ts';
import { alerts } from '../audit/support/sample-records.ts';
import { sealedHome } from '../audit/support/sealed-home.ts';
import { tempFolder } from './support/terminal.ts';

describe('what a start knows of the sealed log', () => {
  it('is its newest checkpoint, and a key that is made where there is none', () => {
    const fresh = auditStart(tempFolder());
    expect(fresh).toMatchObject({ logSize: 0, auditKey: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const home = sealedHome(alerts(1, 5));
    const known = auditStart(home);
    expect(known).toMatchObject({ logSize: 5 });
    expect(known.logRoot).not.toBe(fresh.logRoot);
    expect(auditStart(home)).toEqual(known);
  });

  it('says what to do where the disk does not take the key', () => {
    const home = tempFolder();
    mkdirSync(join(home, 'audit.key.new'));
    expect(() => auditStart(home)).toThrow(/its key cannot be opened \(.+\): check the folder's/);
  });
});
