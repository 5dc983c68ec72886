// Leaves three responses unread, and prints how it was called. Arguments: the server's origin, then
// how to end: `return` (the default), `exit N`, or `throw`.
import { get, type Response } from 'watertight';

const [origin, how = 'return', code = '0'] = process.argv.slice(2);
const kept: Response[] = [];
for (let i = 0; i < 3; i++) kept.push(await get(`${origin}/bytes/50000?token=secret`));
console.log(JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, marked: 'WATERTIGHT_RUN' in process.env, kept: kept.length }));
if (how === 'exit') process.exit(Number(code));
if (how === 'throw') throw new Error('on purpose');
