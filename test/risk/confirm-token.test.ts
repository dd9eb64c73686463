import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_LIVE_TOKENS,
  MAX_LIVE_TOKENS_PER_PRINCIPAL,
  MAX_SPENT_TOKENS,
  TokenBook,
  type TokenGrant,
  tokenSha256,
} from '../../src/risk/confirm-token.ts';
import { orderHash } from '../../src/risk/order-hash.ts';
import { AT, condorIntent, LIMITS, millisAfter } from './fixtures.ts';

const BINDING = {
  accountId: 'PAPER-1',
  environment: 'paper',
  breakoutsTaken: 0,
  limitsVersion: LIMITS.version,
};

function grant(token: string, change: Partial<TokenGrant> = {}): TokenGrant {
  const intent = condorIntent();
  return {
    ...BINDING,
    tokenSha256: tokenSha256(token),
    previewId: `preview-${token}`,
    orderHash: orderHash(intent),
    principal: 'trader',
    worst: intent.worst,
    quotes: {},
    expiresAtWall: millisAfter(AT, 30_000).wall,
    intents: [intent],
    ...change,
  };
}

function bookWith(...grants: readonly TokenGrant[]): TokenBook {
  const book = new TokenBook(BINDING);
  for (const one of grants) book.issue(one);
  return book;
}

describe('a confirm token', () => {
  it('is live for its principal until it expires', () => {
    const book = bookWith(grant('a'));
    const sha = tokenSha256('a');
    expect(book.lookup(sha, 'trader', AT).kind).toBe('live');
    expect(book.lookup(sha, 'trader', millisAfter(AT, 29_999.999)).kind).toBe('live');
    const late = book.lookup(sha, 'trader', millisAfter(AT, 30_000));
    expect(late).toMatchObject({ kind: 'denied', denied: { code: 'token_expired' } });
  });

  it('lives by the clock of the machine, not by that of the market', () => {
    const book = bookWith(grant('a'));
    const at = { market: millisAfter(AT, 3_600_000).market, wall: AT.wall };
    expect(book.lookup(tokenSha256('a'), 'trader', at).kind).toBe('live');
  });

  it('answers with its first result once used, also long after it would have expired', () => {
    const book = bookWith(grant('a'));
    const sha = tokenSha256('a');
    book.consume(sha, { intentIds: ['20261120-1'] });
    const again = book.lookup(sha, 'trader', millisAfter(AT, 3_600_000));
    expect(again).toMatchObject({ kind: 'used', spent: { result: { intentIds: ['20261120-1'] } } });
    expect(() => book.consume(sha, { intentIds: ['20261120-2'] })).toThrow('only a live token');
    expect(() => book.issue(grant('a'))).toThrow('a token is issued once');
  });

  it('tells anyone else the same as if it had never been', () => {
    const book = bookWith(grant('live'), grant('used'), grant('late', { expiresAtWall: AT.wall }));
    book.consume(tokenSha256('used'), { intentIds: ['20261120-1'] });
    const never = book.lookup(tokenSha256('never'), 'other', AT);
    expect(never).toMatchObject({ kind: 'denied', denied: { code: 'token_invalid', numbers: {} } });
    for (const token of ['live', 'used', 'late']) {
      expect(book.lookup(tokenSha256(token), 'other', AT)).toEqual(never);
    }
    expect(book.lookup(tokenSha256('never'), 'trader', AT)).toEqual(never);
  });

  it.each([{ accountId: 'PAPER-2' }, { environment: 'live' }, { limitsVersion: 'other' }])(
    'is unknown to an engine with another binding: %o',
    (change) => {
      const book = bookWith(grant('a', change));
      const found = book.lookup(tokenSha256('a'), 'trader', AT);
      expect(found).toMatchObject({ kind: 'denied', denied: { code: 'token_invalid' } });
    },
  );

  it('is entered by its hash, never in plain', () => {
    expect(() => bookWith(grant('a', { tokenSha256: 'plain-token' }))).toThrow('by its SHA-256');
    expect(JSON.stringify(grant('secret-token'))).not.toMatch(/"secret-token"/);
  });

  it('stays used after a restart, with all the orders it made', () => {
    const book = new TokenBook(BINDING);
    const spent = { tokenSha256: tokenSha256('a'), principal: 'trader', previewId: 'p' };
    book.restoreConsumed({ ...spent, result: { intentIds: ['1'] } });
    book.restoreConsumed({ ...spent, result: { intentIds: ['2'] } });
    book.restoreConsumed({ ...spent, result: { intentIds: ['2'] } });
    const found = book.lookup(spent.tokenSha256, 'trader', AT);
    expect(found).toMatchObject({ kind: 'used', spent: { result: { intentIds: ['1', '2'] } } });
    expect(() => book.consume(spent.tokenSha256, { intentIds: [] })).toThrow('only a live token');
  });

  it('stays that of a flatten after a restart, whatever it also called back', () => {
    const book = new TokenBook(BINDING);
    const spent = { tokenSha256: tokenSha256('a'), principal: 'trader', previewId: 'p' };
    book.restoreConsumed({ ...spent, result: { intentIds: ['1'], isFlatten: true } });
    book.restoreConsumed({ ...spent, result: { intentIds: ['2'] } });
    const found = book.lookup(spent.tokenSha256, 'trader', AT);
    const result = { intentIds: ['1', '2'], isFlatten: true };
    expect(found).toMatchObject({ kind: 'used', spent: { result } });
  });

  it('is unknown in the next session', () => {
    const book = bookWith(grant('a'), grant('b'));
    book.consume(tokenSha256('a'), { intentIds: [] });
    book.clear();
    expect(book.lookup(tokenSha256('a'), 'trader', AT).kind).toBe('denied');
    expect(book.liveCount + book.spentCount).toBe(0);
  });
});

describe('the limits of the book', () => {
  it('retire the oldest token of a principal who asks for too many, and no one else’s', () => {
    const book = bookWith(grant('other', { principal: 'other' }));
    for (let i = 0; i <= MAX_LIVE_TOKENS_PER_PRINCIPAL; i += 1) book.issue(grant(`own-${i}`));
    expect(book.liveCount).toBe(MAX_LIVE_TOKENS_PER_PRINCIPAL + 1);
    expect(book.lookup(tokenSha256('own-0'), 'trader', AT).kind).toBe('denied');
    expect(book.lookup(tokenSha256('own-1'), 'trader', AT).kind).toBe('live');
    expect(book.lookup(tokenSha256('other'), 'other', AT).kind).toBe('live');
  });

  it('hold the number of live tokens', () => {
    const book = new TokenBook(BINDING);
    for (let i = 0; i <= MAX_LIVE_TOKENS; i += 1) {
      book.issue(grant(`t-${i}`, { principal: `p-${i}` }));
    }
    expect(book.liveCount).toBe(MAX_LIVE_TOKENS);
    expect(book.lookup(tokenSha256('t-0'), 'p-0', AT).kind).toBe('denied');
    expect(book.lookup(tokenSha256('t-1'), 'p-1', AT).kind).toBe('live');
  });

  it('hold the number of spent tokens, and a forgotten one never trades again', () => {
    const book = new TokenBook(BINDING);
    for (let i = 0; i <= MAX_SPENT_TOKENS; i += 1) {
      const sha = i.toString(16).padStart(64, '0');
      const result = { intentIds: [String(i)] };
      book.restoreConsumed({ tokenSha256: sha, principal: 'trader', previewId: 'p', result });
    }
    expect(book.spentCount).toBe(MAX_SPENT_TOKENS);
    const forgotten = book.lookup('0'.repeat(64), 'trader', AT);
    expect(forgotten).toMatchObject({ kind: 'denied', denied: { code: 'token_invalid' } });
  });
});

describe('whatever is asked of the book', () => {
  const act = fc.record({
    token: fc.constantFrom('a', 'b', 'c'),
    who: fc.constantFrom('trader', 'other'),
    millis: fc.nat(60_000),
  });

  it('each token is live at most until its first use, and only for its principal in time', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const book = bookWith(grant('a'), grant('b'), grant('c', { principal: 'other' }));
        const uses = new Map<string, number>();
        for (const { token, who, millis } of acts) {
          const found = book.lookup(tokenSha256(token), who, millisAfter(AT, millis));
          if (found.kind !== 'live') continue;
          expect(found.grant.principal).toBe(who);
          expect(millis).toBeLessThan(30_000);
          uses.set(token, (uses.get(token) ?? 0) + 1);
          book.consume(tokenSha256(token), { intentIds: [token] });
        }
        expect(Math.max(0, ...uses.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the words of the book', () => {
  const denied = (found: ReturnType<TokenBook['lookup']>) =>
    found.kind === 'denied' ? found.denied.message : found.kind;

  it('say what to do, and of a foreign token nothing', () => {
    const book = bookWith(grant('a'));
    const late = millisAfter(AT, 30_000);
    expect(denied(book.lookup(tokenSha256('a'), 'other', AT))).toBe(
      'no such confirm token; make a new preview and confirm its token',
    );
    expect(denied(book.lookup(tokenSha256('a'), 'trader', late))).toBe(
      'the confirm token has expired; make a new preview and confirm in time',
    );
  });
});

describe('a book whose limits changed', () => {
  it('knows no token of before and every one that follows', () => {
    const book = bookWith(grant('before'));
    book.rebind('others');
    book.issue(grant('after', { limitsVersion: 'others' }));
    expect(book.lookup(tokenSha256('before'), 'trader', AT).kind).toBe('denied');
    expect(book.lookup(tokenSha256('after'), 'trader', AT).kind).toBe('live');
  });

  it('is still of its account and its environment', () => {
    const book = bookWith(
      grant('a', { limitsVersion: 'others', accountId: 'PAPER-2' }),
      grant('b', { limitsVersion: 'others', environment: 'live' }),
    );
    book.rebind('others');
    for (const token of ['a', 'b']) {
      expect(book.lookup(tokenSha256(token), 'trader', AT).kind).toBe('denied');
    }
  });
});

it.each([`0${tokenSha256('a')}`, `${tokenSha256('a')}0`, tokenSha256('a').slice(1)])(
  'a token is entered by exactly its SHA-256, not by %s',
  (sha256) => {
    expect(() => bookWith(grant('a', { tokenSha256: sha256 }))).toThrow('by its SHA-256');
  },
);

it('a token that the journal shows as consumed is live no more', () => {
  const book = bookWith(grant('a'));
  const result = { intentIds: ['1'] };
  book.restoreConsumed({
    tokenSha256: tokenSha256('a'),
    principal: 'trader',
    previewId: 'p',
    result,
  });
  expect([book.liveCount, book.spentCount]).toEqual([0, 1]);
});
