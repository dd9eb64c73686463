import { describe, expect, it } from 'vitest';
import { environmentOfKey, environmentOfToken } from '../../src/ops/token-environment.ts';

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

describe('the environment of a token', () => {
  it('is the one its issuer stands for', () => {
    expect(environmentOfToken(jwt({ iss: 'https://api.cert.tastyworks.com' }))).toBe('sandbox');
    expect(environmentOfToken(jwt({ iss: 'https://cert-my.staging-tasty.works' }))).toBe('sandbox');
    expect(environmentOfToken(jwt({ iss: 'https://api.tastytrade.com' }))).toBe('live');
  });

  it('is not known of anything else', () => {
    const others = ['opaque', 'a.b.c', jwt(null), jwt({ iss: 7 }), jwt({ iss: 'https://other' })];
    for (const token of others) expect(environmentOfToken(token)).toBeUndefined();
  });
});

describe('the environment of an Alpaca key', () => {
  it('shows in how it begins, and is open for any other', () => {
    expect(['PKAB', 'AKAB', 'CKAB', ''].map(environmentOfKey)).toEqual([
      'paper',
      'live',
      undefined,
      undefined,
    ]);
  });
});
