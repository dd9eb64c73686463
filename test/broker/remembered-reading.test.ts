import { describe, expect, it } from 'vitest';
import { remembered } from '../../src/broker/remembered-reading.ts';

describe('a remembered reading', () => {
  it('is made once of a text that comes again, also where it came to nothing', () => {
    const read: string[] = [];
    const reading = remembered((text) => {
      read.push(text);
      return text === 'none' ? undefined : { text };
    });
    const [first, again] = [reading('some'), reading('some')];
    expect(again).toBe(first);
    expect([reading('none'), reading('none')]).toEqual([undefined, undefined]);
    expect(read).toEqual(['some', 'none']);
  });

  it('forgets the text that was asked for longest ago', () => {
    const read: string[] = [];
    const reading = remembered((text) => read.push(text));
    for (let n = 0; n < 8; n += 1) reading(`${n}`);
    reading('0');
    reading('8');
    expect(read).toHaveLength(9);
    reading('0');
    expect(read).toHaveLength(9);
    reading('1');
    expect(read).toHaveLength(10);
  });
});
