import { describe, expect, it } from 'vitest';
import { PairingDesk } from '../../../src/web/oauth/pairing.ts';

describe('a pairing code', () => {
  it('is ten letters without look-alikes, another each time', () => {
    const desk = new PairingDesk();
    const codes = Array.from({ length: 50 }, () => desk.issue().code);
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    expect(new Set(codes).size).toBe(50);
  });

  it('serves once, however it is typed', () => {
    const desk = new PairingDesk();
    const { code } = desk.issue();
    const typed = ` ${code.toLowerCase().replace('-', ' ')} `;
    expect(desk.redeem(typed)).toBe('right');
    expect(desk.redeem(code)).toBe('none');
  });

  it('dies with the fifth wrong guess', () => {
    const desk = new PairingDesk();
    const { code } = desk.issue();
    for (let guess = 0; guess < 5; guess++) expect(desk.redeem('00000-00000')).toBe('wrong');
    expect(desk.redeem(code)).toBe('none');
  });

  it('dies after ten minutes, and when a newer one is issued', () => {
    let now = 0;
    const desk = new PairingDesk(() => now);
    const first = desk.issue();
    const second = desk.issue();
    expect(desk.redeem(first.code)).toBe('wrong');
    now += (second.expiresInSeconds + 1) * 1_000_000;
    expect(desk.redeem(second.code)).toBe('none');
  });
});
