/** The table of client-matrix as an ES module, whose imports make Node load more. */

import 'node:http';
import clientMatrix from './client-matrix.cjs';

const [, , name] = process.argv;
await clientMatrix.print(name === 'built-in' ? clientMatrix.builtIn() : await import(name));
