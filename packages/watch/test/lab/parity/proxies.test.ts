import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('proxies and TLS: the counts are Go\'s', recordedAbout('proxies'));
