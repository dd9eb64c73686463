import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../src/audit/journal-open.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { recordOf } from '../audit/support/sample-records.ts';
import { createHome, EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';

vi.setConfig(PATIENCE);

let pager: PagerStub;
let engine: EngineProcess;

/** A home whose last run lost its feed, and with it the network that would have paged that. */
function homeAfterTheLoss(): string {
  const home = createHome();
  const { writer } = openJournal({ home });
  const lost = { kind: 'alert', severity: 'warning', code: 'FEED_DOWN', text: 'gone' } as const;
  const record = recordOf(1, lost);
  const wall = epochMicros(Date.now() * 1_000);
  writer.commit([{ ...record, at: { ...record.at, wall } }]);
  writer.close();
  return home;
}

beforeAll(async () => {
  pager = await startPagerStub();
  engine = await EngineProcess.start({ home: homeAfterTheLoss(), settings: pager.settings });
});

afterAll(async () => {
  await engine?.remove();
  pager?.close();
});

describe('a page that a run could not send', () => {
  it('is sent by the next one before the end that it tells of it', async () => {
    const told = () =>
      pager.pages
        .map((page) => JSON.parse(page) as { event_action: string; dedup_key: string })
        .filter((page) => page.dedup_key.endsWith(':FEED_DOWN'))
        .map((page) => page.event_action);
    await eventually('both have left', () => (told().length === 2 ? true : undefined));
    expect(told()).toEqual(['trigger', 'resolve']);
  });
});
