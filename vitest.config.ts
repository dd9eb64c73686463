import { defineConfig } from 'vitest/config';

/**
 * Files share four worker threads and their modules: what a module of src remembers changes no answer, so a
 * fresh copy for each of some hundred files would buy nothing but the time to load it. Four, also on two
 * processors: files that wait for an engine's process or for a timer leave theirs to the others. Node loads
 * the sources itself, as it does for users, and finds compiled what it compiled before: a sixth of the work.
 * Properties run from one seed here, so that a red run is red again (test/support/property-seed.ts); the
 * campaign `models` draws new ones for the lives of orders, positions and tokens.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temp-root.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'threads',
    isolate: false,
    maxWorkers: 4,
    experimental: { viteModuleRunner: false },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
