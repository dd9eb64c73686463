import { describe, expect, it } from 'vitest';
import type { Authority, ClientRights, Rights } from '../../../src/engine/domain/client-rights.ts';
import {
  narrower,
  parseClientRights,
  rightsText,
  suffices,
} from '../../../src/engine/domain/client-rights.ts';

const LADDER: readonly Authority[] = ['observe', 'reduce', 'open', 'console'];

describe('the rights of a client', () => {
  it.each<readonly [string, ClientRights]>([
    ['observe', { authority: 'observe' }],
    ['reduce-only', { authority: 'reduce' }],
    ['full', { authority: 'open' }],
    ['open:500', { authority: 'open', openUpToCents: 500_00 }],
    ['open:12.5', { authority: 'open', openUpToCents: 12_50 }],
    ['open:0', { authority: 'open', openUpToCents: 0 }],
  ])('are read from %s, and written so again', (text, rights) => {
    expect(parseClientRights(text)).toEqual(rights);
    expect(rightsText(rights)).toBe(text);
  });

  it('are read whatever the case and the dollar sign', () => {
    expect(parseClientRights(' Open:$500 ')).toEqual({ authority: 'open', openUpToCents: 500_00 });
  });

  it.each(['', 'open', 'open:', 'open:-1', 'open:1e9', 'open:1.234', 'console', 'toString', 'all'])(
    'are not read from "%s"',
    (text) => {
      expect(parseClientRights(text)).toBeUndefined();
    },
  );

  it('include the lesser ones', () => {
    for (const [rank, held] of LADDER.entries()) {
      expect(LADDER.filter((needed) => suffices(held, needed))).toEqual(LADDER.slice(0, rank + 1));
    }
  });

  it('are the lesser of two, level and ceiling each for itself, and never the console’s', () => {
    const open: ClientRights = { authority: 'open', openUpToCents: 500_00 };
    expect(narrower(open, { authority: 'open', openUpToCents: 700_00 })).toEqual(open);
    expect(narrower({ authority: 'open' }, open)).toEqual(open);
    expect(narrower(open, { authority: 'observe' })).toEqual({ ...open, authority: 'observe' });
    expect(narrower({ authority: 'reduce' }, open)).toEqual({ ...open, authority: 'reduce' });
    const console: Rights = { authority: 'console' };
    expect(narrower({ authority: 'open' }, console)).toEqual({ authority: 'open' });
  });
});
