import { recordedAbout } from './recorded.js';
import { describeParity } from './suite.js';

describeParity('what the messages say of the connection: the counts are Go\'s', recordedAbout('ending'));
