import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('connections that leave HTTP, and trailers: the counts are Go\'s', recordedAbout('upgrades'));
