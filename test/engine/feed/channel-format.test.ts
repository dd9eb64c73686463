import { describe, expect, it } from 'vitest';
import { ChannelFormat } from '../../../src/engine/feed/channel-format.ts';

const fields = (count: number) => Array.from({ length: count }, (_, i) => `field${i}`);

describe('ChannelFormat', () => {
  it('knows nothing before the first announcement', () => {
    const format = new ChannelFormat();
    expect(format.dataFormat).toBeUndefined();
    expect(format.tableOf('Quote')).toBeUndefined();
  });

  it('compiles a table again only when its list changes', () => {
    const format = new ChannelFormat();
    const config = { dataFormat: 'COMPACT', eventFields: { Quote: ['askPrice', 'eventSymbol'] } };
    format.apply(config);
    const table = format.tableOf('Quote');
    expect(table).toEqual({
      width: 2,
      places: [1, -1, 0, -1, -1],
      columns: Int8Array.of(2, 0),
      isReadable: false,
    });
    format.apply(config);
    expect(format.tableOf('Quote')).toBe(table);
    format.apply({ dataFormat: 'COMPACT', eventFields: { Quote: ['eventSymbol'] } });
    expect(format.tableOf('Quote')?.width).toBe(1);
  });

  it('merges the sound parts of a broken announcement', () => {
    const format = new ChannelFormat();
    const eventFields = { Quote: ['eventSymbol'], Trade: 'all' };
    expect(format.apply({ dataFormat: 'FULL', eventFields })).toBe(false);
    expect(format.dataFormat).toBe('FULL');
    expect(format.tableOf('Quote')?.width).toBe(1);
    expect(format.tableOf('Trade')).toBeUndefined();
  });

  it('takes a list of 256 fields, not of 257 and not of none', () => {
    const apply = (count: number) =>
      new ChannelFormat().apply({ dataFormat: 'FULL', eventFields: { Quote: fields(count) } });
    expect([apply(256), apply(257), apply(0)]).toEqual([true, false, false]);
  });
});
