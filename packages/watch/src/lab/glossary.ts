/** Owns the terms that an explanation uses, each with its meaning for somebody who has never met it. */

export const GLOSSARY = {
  task: 'Something that runs on the program’s behalf until it ends. In Go it is a goroutine, and the number of them is what runtime.NumGoroutine() says; here it is taskCount(). The program itself is one.',
  connection: 'A TCP connection to a server. It carries one request and its response at a time, and can carry the next one afterwards.',
  dial: 'Making a new connection. It costs a round trip over the network, more with TLS, and is a task while it lasts.',
  readLoop: 'The task that reads from a connection: it hands out each response and then waits until its body is done with.',
  writeLoop: 'The task that writes requests to a connection. It waits for the next one as long as the connection is open.',
  body: 'What comes after a response’s head. The head is read for the program; the body only when the program reads it.',
  pinned: 'Held by a response that is neither read to its end nor closed. A pinned connection can serve nobody else, and its two tasks stay alive.',
  EOF: '“End of file”: the last byte of a body has been read. Only then is it certain that the next byte on the connection belongs to the next response.',
  'idle pool': 'Where open connections wait for the next request. The client looks there first, and dials only if it finds none.',
  'maxIdleConnsPerHost': 'How many idle connections to one host the pool keeps. In Go it is 2 unless one says otherwise.',
  'keep-alive': 'Using a connection for more than one request. Without it, each connection is closed after its response.',
  cancel: 'Giving a request up by its signal (in Go: its context), whatever it is doing.',
} as const;

export type Term = keyof typeof GLOSSARY;
