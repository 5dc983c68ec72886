/** The cases of `responses.json`, played. */

import { loadCorpus } from './corpus-case.js';
import { describeCorpus } from './corpus-suite.js';

describeCorpus('the responses of the corpus', loadCorpus());
