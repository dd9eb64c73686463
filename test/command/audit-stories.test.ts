import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditStories } from '../../src/command/audit-stories.ts';
import { tellStory } from '../../src/command/story-worker.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { orderStory, recordsOf } from '../audit/support/sample-records.ts';

function storiesOf(home: string): AuditStories {
  const stories = new AuditStories(home);
  onTestFinished(() => stories.close());
  return stories;
}

describe('the story of an order, read in the pool', () => {
  it('is what the journal on disk says, by the order or by its preview', async () => {
    const home = homeWith(recordsOf(1, [...orderStory('o-1'), ...orderStory('o-2')]));
    const stories = storiesOf(home);
    const lines = await stories.of('o-2');
    expect(lines).toEqual(tellStory({ home, id: 'o-2' }));
    expect(lines.join('\n')).toContain('order o-2');
    expect(lines.join('\n')).not.toContain('o-1');
    expect(await stories.of('p-o-2')).toEqual(lines);
    expect(await stories.of('nobody')).toEqual([]);
  });

  it('is refused once too many wait', async () => {
    const stories = storiesOf(homeWith(recordsOf(1, orderStory('o-1'))));
    const asked = Array.from({ length: 40 }, () => stories.of('o-1'));
    const settled = await Promise.allSettled(asked);
    const told = settled.filter(({ status }) => status === 'fulfilled').length;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(asked.length);
  });
});
