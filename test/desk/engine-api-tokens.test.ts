import { describe, expect, it } from 'vitest';
import { newToken, tokenSha256Of } from '../../src/desk/engine-api-tokens.ts';
import { tokenSha256 } from '../../src/risk/confirm-token.ts';

describe('a token of a face', () => {
  it('has 256 bits, and never comes twice', () => {
    const tokens = Array.from({ length: 1_000 }, newToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('is known to the core by the hash that its own book uses', () => {
    const token = newToken();
    expect(tokenSha256Of(token)).toBe(tokenSha256(token));
  });
});
