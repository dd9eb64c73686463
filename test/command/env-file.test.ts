import { describe, expect, it } from 'vitest';
import { readEnvText } from '../../src/command/env-file.ts';

/** What each line with a fault is told. */
function told(text: string): readonly string[] {
  return readEnvText(text).faults.map(({ line, what }) => `${line}: ${what}`);
}

describe('the text of a .env', () => {
  it('is read with comments, export, quotes and either end of line', () => {
    const text =
      '# desk\r\nexport PORT=9001\r\n\r\nMAX_DAILY_LOSS = 200 # careful\rA="x # y" # z\nB=\nC=it\'s\n';
    expect(readEnvText(text)).toEqual({
      variables: { PORT: '9001', MAX_DAILY_LOSS: '200', A: 'x # y', B: '', C: "it's" },
      faults: [],
    });
  });

  it('is read behind the mark that an editor puts before UTF-8', () => {
    expect(readEnvText('\uFEFFMAX_DAILY_LOSS=200\n')).toEqual({
      variables: { MAX_DAILY_LOSS: '200' },
      faults: [],
    });
  });

  it('is a fault as UTF-16', () => {
    const text = Buffer.from('\uFEFFMAX_DAILY_LOSS=200\n', 'utf16le').toString('utf8');
    expect(told(text)).toEqual(['1: it holds NUL bytes, as UTF-16 does; save the file as UTF-8']);
  });

  it('has a fault in each line that sets nothing, whose value is not told', () => {
    const text = 'PORT=9001\nMAX_DAILY_LOSS: 200\n\n  MAX_TRADE_LOSS 300\nsecret-of-mine\n=5\n';
    expect(told(text)).toEqual([
      '2: it is no setting and no comment; write MAX_DAILY_LOSS=value, or # before it',
      '4: it is no setting and no comment; write MAX_TRADE_LOSS=value, or # before it',
      '5: it is no setting and no comment; write NAME=value, or # before it',
      '6: it is no setting and no comment; write NAME=value, or # before it',
    ]);
    expect(readEnvText(text).variables).toEqual({ PORT: '9001' });
  });

  it('has a fault where a name is set to two things, and none where it says the same again', () => {
    const text = 'MAX_DAILY_LOSS=200\nPORT=9001\nPORT=9001\n\nMAX_DAILY_LOSS=2000\n';
    expect(told(text)).toEqual([
      '5: MAX_DAILY_LOSS is something else in line 1; keep one of the two',
    ]);
  });

  it('has a fault where a quote would swallow a setting, which counts all the same', () => {
    const text = "NOTE='tis\nMAX_DAILY_LOSS=200\nOTHER='twas\n";
    expect(told(text)).toEqual([
      "1: its value opens a quote that does not end before the next setting; end it with ', or take it out",
      "3: its value opens a quote that does not end before the next setting; end it with ', or take it out",
    ]);
    expect(readEnvText(text).variables).toEqual({ MAX_DAILY_LOSS: '200' });
  });

  it('has a fault where something stands behind quotes', () => {
    expect(told('MAX_DAILY_LOSS="2"00\n')).toEqual([
      '1: something stands behind the end of its quotes; quote all of the value or none',
    ]);
  });

  it('takes a value of several lines in quotes', () => {
    const text = 'KEY="-----BEGIN\nabc==\n-----END"\nPORT=9001\n';
    expect(readEnvText(text)).toEqual({
      variables: { KEY: '-----BEGIN\nabc==\n-----END', PORT: '9001' },
      faults: [],
    });
  });
});
