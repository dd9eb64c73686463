import { describe, expect, it } from 'vitest';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { AccountReader, AccountWriter } from '../../../src/desk/simulation/account-text.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';

const AT = { market: epochMicros(1_000_000), wall: epochMicros(2_000_000) };
const ENDED = [{ intentId: 'a', standing: 'filled', remaining: 0 }] as const;

describe('the text of a far account', () => {
  const history = { intents: [], brokerEvents: [] };
  const paper = new PaperBroker({ accountId: 'FAR-1', seed: 7, history });
  const empty = { ...paper.snapshot(AT), settlements: [] };

  it('is read back as it was', () => {
    const [writer, reader] = [new AccountWriter(), new AccountReader()];
    for (const picture of [empty, { ...empty, endedOrders: ENDED }, empty])
      expect(reader.read(writer.write(picture))).toEqual(picture);
  });

  it('is whole each time: whoever reads it first reads all of it', () => {
    const writer = new AccountWriter();
    const picture = { ...empty, endedOrders: ENDED };
    writer.write(picture);
    expect(new AccountReader().read(writer.write(picture))).toEqual(picture);
  });

  it('shares the lists of pictures in which they are the same', () => {
    const [writer, reader] = [new AccountWriter(), new AccountReader()];
    const before = reader.read(writer.write({ ...empty, endedOrders: ENDED }));
    const after = reader.read(writer.write({ ...empty, endedOrders: [...ENDED], asOf: { ...AT } }));
    expect(after.endedOrders).toBe(before.endedOrders);
    expect(reader.read(writer.write(empty)).endedOrders).toEqual([]);
  });
});
