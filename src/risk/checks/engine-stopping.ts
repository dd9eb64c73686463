/** An engine on its way down opens nothing that it could not watch. */
import { type Check, failed, passed } from './check.ts';

export const engineStoppingCheck: Check = {
  code: 'engine_stopping',
  control: 23,
  appliesTo: 'openings',
  run({ stopping }) {
    if (!stopping) return passed('engine_stopping', 'the engine is running');
    const message = 'the engine is shutting down and opens nothing; try again after the restart';
    return failed('engine_stopping', message, { stopping });
  },
};
