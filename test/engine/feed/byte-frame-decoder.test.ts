import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { ByteFrameDecoder } from '../../../src/engine/feed/byte-frame-decoder.ts';
import { WANTED_FIELDS } from '../../../src/engine/feed/event-fields.ts';
import { NUMBER_TYPES } from '../../../src/engine/feed/event-numbers.ts';
import { NO_KEY } from '../../../src/engine/feed/feed-handler.ts';
import type { FrameCalls } from '../../../src/engine/feed/frame-calls.ts';
import { buildAt } from '../../support/chain-builder.ts';
import { recordingCalls } from '../../support/feed/recording-calls.ts';
import { twinDecoders } from '../../support/feed/twin-decoders.ts';
import { wireText } from '../../support/feed/wire-text.ts';

const DATE = sessionDate('2026-11-20');
const SYMBOLS = ['SPY', '.SPY261120C600', '.SPY261120P602.5'];
const QUOTE = WANTED_FIELDS.Quote;
const AT = buildAt(DATE, 600);

function open(eventFields: object = WANTED_FIELDS, dataFormat = 'COMPACT') {
  const twins = twinDecoders(SYMBOLS);
  twins.says(
    JSON.stringify({
      type: 'FEED_CONFIG',
      channel: 1,
      dataFormat,
      aggregationPeriod: 0,
      eventFields,
    }),
  );
  return twins;
}

const compact = (type: string, values: string) =>
  `{"type":"FEED_DATA","channel":1,"data":["${type}",[${values}]]}`;

describe('the byte decoder', () => {
  it('reads plain quotes without the complete decoder', () => {
    const twins = open();
    const calls = twins.says(
      compact('Quote', '"SPY",669.12,669.13,7.0,1.3E1,".SPY261120C600",0.0,0.01,"NaN",5'),
    );
    expect(calls).toEqual([
      ['quote', 'SPY', 6_691_200, 6_691_300, 7, 13],
      ['quote', '.SPY261120C600', undefined, 100, 0, 5],
    ]);
    expect(twins.slowFrames).toBe(0);
  });

  it('reads many groups of a frame, and FULL events of mixed types', () => {
    const twins = open();
    twins.says(
      '{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",1.5,1.6,1,1],"Greeks",[".SPY261120C600",1795185000000,0.5031283746192837,0.1312]]}',
    );
    twins.says('{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","aggregationPeriod":0.1}');
    const calls = twins.says(
      '{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Quote","eventSymbol":"SPY","eventTime":0,"bidExchangeCode":"C","bidPrice":1.0,"askPrice":"NaN","askSize":512.0},{"eventType":"Summary","eventSymbol":"SPY","openInterest":7,"dayClosePriceType":"FINAL"}]}',
    );
    expect(calls).toHaveLength(2);
    expect(twins.slowFrames).toBe(0);
  });

  it('follows a field list that changes in mid-stream', () => {
    const twins = open({ Quote: QUOTE });
    twins.says(compact('Quote', '"SPY",1.0,2.0,3,4'));
    twins.says(
      JSON.stringify({
        type: 'FEED_CONFIG',
        channel: 1,
        dataFormat: 'COMPACT',
        eventFields: { Quote: ['eventType', 'askPrice', 'bidPrice', 'eventSymbol', 'eventTime'] },
      }),
    );
    expect(twins.says(compact('Quote', '"Quote",2.0,1.0,"SPY",0'))).toEqual([
      ['quote', 'SPY', 10_000, 20_000, 0, 0],
    ]);
    expect(twins.slowFrames).toBe(0);
  });

  it.each([
    ['white space', compact('Quote', '"SPY", 1.0,2.0,3,4')],
    ['an unknown symbol', compact('Quote', '"QQQ",1.0,2.0,3,4')],
    ['an escaped symbol', compact('Quote', '"S\\u0050Y",1.0,2.0,3,4')],
    ['a text where a number belongs', compact('Quote', '"SPY","1.0",2.0,3,4')],
    ['a row that is cut', compact('Quote', '"SPY",1.0,2.0,3')],
    ['a type that is not announced', compact('Trade', '"SPY"')],
    ['a type of other kinds of values', compact('Candle', '"SPY{=m}",0,1795185000000,1,1,1,1,1,1')],
    ['a list in a row', compact('Quote', '"SPY",[1.0],2.0,3,4')],
    ['keys in another order', '{"channel":1,"type":"FEED_DATA","data":["Quote",["SPY",1,2,3,4]]}'],
    ['one more key', '{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",1,2,3,4]],"x":[]}'],
    [
      'a channel that is not open',
      '{"type":"FEED_DATA","channel":9,"data":["Quote",["SPY",1,2,3,4]]}',
    ],
    [
      'a channel that is no number',
      '{"type":"FEED_DATA","channel":01,"data":["Quote",["SPY",1,2,3,4]]}',
    ],
    [
      'FULL where COMPACT was announced',
      '{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Quote","eventSymbol":"SPY","bidPrice":1}]}',
    ],
  ])('leaves %s to the complete decoder, and counts it', (_what, frame) => {
    const twins = open({ Quote: QUOTE, Candle: WANTED_FIELDS.Candle });
    twins.says(frame);
    expect(twins.slowFrames).toBe(frame.startsWith('{"type":"FEED_DATA",') ? 1 : 0);
  });

  it.each([
    '0.00005',
    '0.00004999999999999999',
    '0.0001',
    '0.00014999999999999999',
    '0.00015',
    '0.00025',
    '1.00005',
    '2.675',
    '107374.1824',
    '107374.18245',
    '107374.1825',
    '9999999.99',
    '10000001',
    '-0.0',
    '-1.0',
    '1E-9',
  ])('rounds and judges a price of %s as the complete decoder does', (text) => {
    const twins = open();
    expect(twins.says(compact('Quote', `"SPY",${text},2.5,1,2`)).length).toBeGreaterThan(0);
    expect(twins.says(compact('Quote', `"SPY",2.5,${text},1,2`)).length).toBeGreaterThan(0);
    expect(twins.slowFrames).toBe(0);
  });

  it.each(['0.0', '-0.0', '0.5', '2147483647', '2147483648', '1E15', '1.1E15', '-1', '"NaN"'])(
    'takes a size of %s as the complete decoder does',
    (text) => {
      const twins = open();
      expect(twins.says(compact('Quote', `"SPY",1.5,2.5,${text},2`)).length).toBeGreaterThan(0);
      expect(twins.says(compact('Quote', `"SPY",0.0,2.5,${text},2`)).length).toBeGreaterThan(0);
      expect(twins.says(compact('Quote', `"SPY",1.5,0.0,1,${text}`)).length).toBeGreaterThan(0);
      expect(twins.slowFrames).toBe(0);
    },
  );

  it('gives each symbol a key of its own, plain quote or not, until others are wanted', () => {
    const keys: [string, number][] = [];
    const { sink } = recordingCalls();
    const quote: FrameCalls['handler']['quote'] = (symbol, ...[, , , , key]) => {
      keys.push([symbol, key]);
    };
    const decoder = new ByteFrameDecoder({ ...sink, handler: { ...sink.handler, quote } });
    const read = (text: string): [string, number][] => {
      const bytes = Buffer.from(text);
      keys.length = 0;
      decoder.decodeBytes({ bytes, start: 0, end: bytes.length }, AT);
      return [...keys];
    };
    decoder.openChannel(1);
    decoder.know(SYMBOLS);
    const eventFields = { Quote: QUOTE };
    read(JSON.stringify({ type: 'FEED_CONFIG', channel: 1, dataFormat: 'COMPACT', eventFields }));
    const [spy, call, put] = SYMBOLS.map((symbol) => `"${symbol}",1.0,2.0,3,4`);
    const plain = read(compact('Quote', [spy, call, put, spy].join()));
    const [one, two, three] = plain.map(([, key]) => key);
    expect(new Set([one, two, three]).size).toBe(3);
    expect(plain.at(-1)).toEqual(['SPY', one]);
    const odd = '".SPY261120P602.5",1.0,2.0,0.5,4,"SPY",12345678.25,2.0,3,4';
    expect(read(compact('Quote', odd))).toEqual([
      ['.SPY261120P602.5', three],
      ['SPY', one],
    ]);
    expect(read(compact('Quote', ` ${call}`))).toEqual([['.SPY261120C600', NO_KEY]]);
    decoder.know(['QQQ', ...SYMBOLS]);
    expect(read(compact('Quote', `${spy}`))).not.toEqual([['SPY', one]]);
  });

  it('makes no call of a frame that is torn anywhere, nor of any that follows in the buffer', () => {
    const whole = compact(
      'Quote',
      '"SPY",669.12,669.13,7.0,1.3E1,".SPY261120C600",0.0,0.01,"NaN",5',
    );
    for (let cut = 0; cut < whole.length; cut += 1) {
      const twins = open();
      const calls = twins.says(whole.slice(0, cut), `7.5${whole}`);
      expect(calls.filter(([name]) => name === 'quote')).toEqual([]);
    }
  });

  it('says of each stream once that it was heard, and that it lives when it comes again', () => {
    const twins = open();
    const frame = compact('Quote', '"SPY",1.0,2.0,3,4');
    twins.says(frame);
    expect(twins.takeHeard()).toEqual(['heard Quote SPY']);
    twins.says(frame);
    expect(twins.takeHeard()).toEqual(['live Quote']);
    twins.bytes.resubscribed();
    twins.says(frame);
    expect(twins.takeHeard()).toEqual(['heard Quote SPY']);
  });

  it.each([
    [5_000, 0],
    [17_000, 1],
  ])('reads a frame of %i events, of which the complete decoder reads %i', (count, slow) => {
    const twins = open();
    const rows = Array.from({ length: count }, (_, i) => `"SPY",1.0,2.0,3,${i}`).join();
    expect(twins.says(compact('Quote', rows))).toHaveLength(count);
    expect(twins.slowFrames).toBe(slow);
  });
});

describe('the byte decoder and the complete one', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(wireText),
    fc.integer({ min: -5, max: 2_000_000 }).map((cents) => wireText(cents / 100)),
    fc.integer({ min: 1_795_185_000_000, max: 1_795_185_900_000 }).map(String),
    fc.constantFrom('"NaN"', '"Infinity"', '"-Infinity"', 'null', '0.0', '-0.0', '1.3743299E7'),
  );
  const odd = fc.constantFrom(
    'true',
    '""',
    '"x"',
    '[]',
    '{}',
    '1.',
    '01',
    '+1',
    'NaN',
    '1e',
    '',
    ' 1',
  );
  const value = fc.oneof({ weight: 60, arbitrary: number }, { weight: 1, arbitrary: odd });
  const symbol = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...SYMBOLS) },
    { weight: 1, arbitrary: fc.constantFrom('QQQ', '', 'S\\u0050Y', 'SP') },
  );
  const scenario = fc.constantFrom(...NUMBER_TYPES).chain((type) =>
    fc.record({
      type: fc.constant(type),
      order: fc.shuffledSubarray([...WANTED_FIELDS[type], 'eventType', 'eventTime', 'index'], {
        minLength: 2,
      }),
      rows: fc.array(
        fc.record({ symbol, values: fc.array(value, { minLength: 8, maxLength: 8 }) }),
        {
          maxLength: 6,
        },
      ),
    }),
  );
  const textOf = (field: string, row: { symbol: string; values: string[] }, i: number) =>
    field === 'eventSymbol' ? `"${row.symbol}"` : field === 'eventType' ? '"x"' : row.values[i];

  it('make the same calls of any COMPACT frame', () => {
    fc.assert(
      fc.property(scenario, ({ type, order, rows }) => {
        const twins = open({ [type]: order });
        const values = rows.flatMap((row) => order.map((field, i) => textOf(field, row, i)));
        twins.says(compact(type, values.join()));
      }),
      { numRuns: 400 },
    );
  });

  it('make the same calls of any FULL frame', () => {
    fc.assert(
      fc.property(scenario, ({ type, order, rows }) => {
        const twins = open({}, 'FULL');
        const events = rows.map((row) => {
          const fields = order.filter((field) => field !== 'eventType');
          const texts = fields.map((field, i) => `"${field}":${textOf(field, row, i)}`);
          return `{${[`"eventType":"${type}"`, ...texts].join()}}`;
        });
        twins.says(`{"type":"FEED_DATA","channel":1,"data":[${events.join()}]}`);
      }),
      { numRuns: 400 },
    );
  });

  it('make the same calls of a frame in which bytes were changed', () => {
    const whole = compact(
      'Quote',
      '"SPY",669.12,669.13,7.0,1.3E1,".SPY261120C600",0.0,0.01,"NaN",5',
    );
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      to: fc.integer({ min: 32, max: 126 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, to } of changes) bytes[at] = to;
        open().says(bytes.toString('latin1'));
      }),
      { numRuns: 1_500 },
    );
  });
});
