import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('cancelling and bursts: the counts are Go\'s', recordedAbout('cancelling'));
