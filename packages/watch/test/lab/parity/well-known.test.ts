import { wellKnownScenarios } from '#lab';
import { describeParity } from './suite.js';

describeParity('the well-known experiments count what Go counts', wellKnownScenarios());
