import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('HTTP/2: the counts are Go\'s', recordedAbout('http2'));
