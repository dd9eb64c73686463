import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROW_SCAN_MODULE, rowScanModule } from '../../../scripts/wasm.ts';
import { ByteTable } from '../../../src/engine/feed/byte-table.ts';
import { WANTED_FIELDS } from '../../../src/engine/feed/event-fields.ts';
import { MOST_EVENTS, NO_QUOTE, ROWS } from '../../../src/engine/feed/row-scan.ts';
import { twinDecoders } from '../../support/feed/twin-decoders.ts';

const TABLE = new ByteTable(['SPY', '.SPY261120C600', '.SPY261120P602.5', 'A']);
const COLUMNS = Int8Array.of(0, 1, 2);

/** Reads rows of a symbol and two numbers; what stands behind those that were taken. */
function rest(rows: string, table = TABLE): string {
  const frame = Buffer.from(`[${rows}]`, 'latin1');
  ROWS.begin(table, frame, frame.length);
  ROWS.count = 0;
  return frame.toString('latin1', ROWS.read(0, COLUMNS));
}

function numbers(): number[] {
  return [...ROWS.numbers.subarray(0, 4)];
}

describe('the WebAssembly of the row scan', () => {
  it('is what its source is compiled to', async () => {
    expect(readFileSync(ROW_SCAN_MODULE, 'utf8')).toBe(await rowScanModule());
  });
});

describe('the row scan', () => {
  it('takes plain rows to the last', () => {
    expect(rest('".SPY261120C600",669.12,12345.67,"SPY","NaN",0.05,"A",7,1.3743299E7')).toBe(']');
    expect(ROWS.count).toBe(3);
    expect([...ROWS.symbols.subarray(0, 3)]).toEqual([1, 0, 3]);
    expect([...ROWS.numbers.subarray(0, 12)]).toEqual([
      669.12,
      12_345.67,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      0.05,
      Number.NaN,
      Number.NaN,
      7,
      13_743_299,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it.each([
    ['0', 0],
    ['10', 10],
    ['0.0', 0],
    ['-0.0', 0],
    ['-1.25', -1.25],
    ['9999999', 9_999_999],
    ['99999.9', 99_999.9],
    ['0.00001', 0.00001],
    ['12345678', 12_345_678],
    ['1795185000000', 1_795_185_000_000],
    ['1E2', 100],
  ])('reads %s in the middle and at the end', (text, value) => {
    expect(rest(`"SPY",${text},${text}`)).toBe(']');
    expect(numbers().slice(0, 2)).toEqual([value, value]);
  });

  it.each([
    ['a zero before other digits', '"SPY",01.5,2'],
    ['a dot without digits before it', '"SPY",.5,2'],
    ['a dot without digits behind it', '"SPY",1.,2'],
    ['two dots', '"SPY",1.2.3,2'],
    ['a letter', '"SPY",1x3,2'],
    ['nothing', '"SPY",,2'],
    ['a text', '"SPY","x",2'],
    ['null', '"SPY",null,2'],
    ['a symbol that is not known', '"SPX",1.5,2'],
    ['a longer symbol', '"SPYX",1.5,2'],
    ['an empty symbol', '"",1.5,2'],
    ['a symbol without an end', `"${'SPY'.repeat(60)}`],
    ['a number for a symbol', '5,1.5,2'],
    ['a row of too few', '"SPY",1.5'],
    ['another bracket behind it', '"SPY",1.5,2}'],
  ])('leaves a row with %s, and what follows', (_what, row) => {
    expect(rest(row)).toBe(`[${row}]`);
    expect(rest(`"A",1,2,${row}`)).toBe(`,${row}]`);
    expect(ROWS.count).toBe(1);
  });

  it('says of each event whether it is a plain quote, and what of', () => {
    const frame = Buffer.from(
      '["SPY",669.12,0.0,7.0,13.0,"A","NaN",1.0,1,1,"SPY",0.00001,1.0,1,1,"A",1.0,2.0,0.5,1,"SPY",1.0,2.0,3,0]',
    );
    ROWS.begin(TABLE, frame, frame.length);
    ROWS.count = 0;
    ROWS.read(0, Int8Array.of(0, 1, 2, 3, 4));
    expect(ROWS.count).toBe(5);
    const said = [0, 1, 2, 3, 4].map((event) => [
      ...ROWS.wholes.subarray(4 * event, 4 * event + 4),
    ]);
    expect(said[0]).toEqual([6_691_200, 0, 7, 13]);
    expect(said.slice(1, 4).map(([first]) => first)).toEqual([NO_QUOTE, NO_QUOTE, NO_QUOTE]);
    expect(said[4]).toEqual([10_000, 20_000, 3, 0]);
  });

  it('takes nothing that ends behind the end of the frame', () => {
    const frame = Buffer.from('["SPY",1.5,2.5,"SPY",1.5,2.5]', 'latin1');
    for (let end = 0; end < frame.length; end += 1) {
      ROWS.begin(TABLE, frame, end);
      ROWS.count = 0;
      const at = ROWS.read(0, COLUMNS);
      expect(at).toBe(end > 14 ? 14 : 0);
      expect(ROWS.count).toBe(end > 14 ? 1 : 0);
    }
  });

  it('reads frames of several windows, and no more events than it has room for', () => {
    const row = '".SPY261120C600",669.12,669.13';
    expect(rest(Array(10_000).fill(row).join())).toBe(']');
    expect(ROWS.count).toBe(10_000);
    rest(
      Array(MOST_EVENTS + 5)
        .fill(row)
        .join(),
    );
    expect(ROWS.count).toBe(MOST_EVENTS - 1);
  });

  it('follows the table of each frame, and leaves frames of a table beyond its room', () => {
    const other = new ByteTable(['QQQ', 'SPY']);
    expect(rest('"SPY",1,2')).toBe(']');
    expect(ROWS.symbols[0]).toBe(0);
    expect(rest('"SPY",1,2', other)).toBe(']');
    expect(ROWS.symbols[0]).toBe(1);
    expect(rest('"QQQ",1,2')).toBe('["QQQ",1,2]');
    const large = new ByteTable(Array.from({ length: 9_000 }, (_, i) => `S${i}`));
    expect(rest('"S7",1,2', large)).toBe('["S7",1,2]');
  });

  it('finds each of as many symbols as it holds', () => {
    const texts = Array.from({ length: 8_192 }, (_, i) => `.SPX261120${i % 2 ? 'C' : 'P'}${i}`);
    const table = new ByteTable(texts);
    for (let first = 0; first < texts.length; first += 4_096) {
      const rows = texts.slice(first, first + 4_096).map((text) => `"${text}",1,2`);
      expect(rest(rows.join(), table)).toBe(']');
      expect(ROWS.symbols[0]).toBe(first);
      expect(ROWS.symbols[4_095]).toBe(first + 4_095);
    }
  });
});

describe('a decoder whose symbols are more than the row scan holds', () => {
  it('reads their quotes from the bytes all the same', () => {
    const symbols = Array.from({ length: 8_200 }, (_, i) => `.SPX261120C${i}`);
    const twins = twinDecoders(symbols);
    const eventFields = { Quote: WANTED_FIELDS.Quote };
    twins.says(
      JSON.stringify({ type: 'FEED_CONFIG', channel: 1, dataFormat: 'COMPACT', eventFields }),
    );
    const rows = '".SPX261120C8199",1.5,1.6,10.0,20.0';
    expect(twins.says(`{"type":"FEED_DATA","channel":1,"data":["Quote",[${rows}]]}`)).toEqual([
      ['quote', '.SPX261120C8199', 15_000, 16_000, 10, 20],
    ]);
    expect(twins.slowFrames).toBe(0);
  });
});
