import { describe, expect, it } from 'vitest';
import { approveReprice } from '../../src/risk/reprice.ts';
import { closingIntent, condorIntent, dollars } from './fixtures.ts';

describe('a new limit for a working order', () => {
  it('goes down to the worst price agreed to and no further', () => {
    const intent = condorIntent({ worst: dollars(0.9) });
    expect(approveReprice(intent, dollars(0.9), 'v').intent.limit).toBe(dollars(0.9));
    expect(() => approveReprice(intent, dollars(0.89), 'v')).toThrow('never goes past');
  });

  it('of an exit follows the market', () => {
    const intent = closingIntent({ worst: dollars(-0.96) });
    expect(approveReprice(intent, dollars(-2), 'v').intent.limit).toBe(dollars(-2));
  });
});
