import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('how much is read: the counts are Go\'s', recordedAbout('reading'));
