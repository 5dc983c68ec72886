import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('which connections are kept: the counts are Go\'s', recordedAbout('pooling'));
