/** Properties while the code is mutated: the first counterexample has killed the mutant, and nobody
 * reads a smaller one. */

import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true, numRuns: 50 });
