import { defineConfig } from 'vitest/config';

/** The tests that have to kill the mutants of stryker.config.json: in process, quick, no simulation.
 * What runs only through a worker is no help here: mutants are switched on in this process. */
export default defineConfig({
  test: {
    include: ['test/risk/**/*.test.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'threads',
    isolate: false,
    passWithNoTests: false,
  },
});
