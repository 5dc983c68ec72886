// Reads what it asks for, and keeps one idle connection. Argument: the server's origin.
import { get } from 'watertight';

const response = await get(`${process.argv[2]}/bytes/50000`);
await response.bytes();
