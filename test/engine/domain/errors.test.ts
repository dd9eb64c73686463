import { describe, expect, it } from 'vitest';
import { DeltaringError } from '../../../src/engine/domain/errors.ts';

describe('an operating error', () => {
  it('has a code, a safe message, and keeps its cause for the log', () => {
    const cause = new Error('EADDRINUSE 127.0.0.1:8080');
    const error = new DeltaringError('PORT_IN_USE', 'Port 8080 is taken: set PORT.', cause);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('DeltaringError');
    expect(error.code).toBe('PORT_IN_USE');
    expect(error.message).toBe('Port 8080 is taken: set PORT.');
    expect(error.cause).toBe(cause);
  });

  it('has no cause where none is given', () => {
    expect(Object.hasOwn(new DeltaringError('INTERNAL', 'Report this.'), 'cause')).toBe(false);
  });
});
