/** Our own cases, played. */

import { furtherCases } from '../fixtures/further-responses.js';
import { describeCorpus } from './corpus-suite.js';

describeCorpus('further responses', furtherCases());
