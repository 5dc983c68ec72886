// Why this client does what it does where the clients disagree. One reason is one row of docs/strictness.md.

/**
 * @typedef {object} Reason
 * @property {RegExp} cases  the ids of the cases that it covers; a case belongs to the first reason that does
 * @property {string} input  what the server sends
 * @property {string} why  what we do, and by which rule
 */

/** @type {Reason[]} */
export const reasons = [
  // Where the message ends.
  { cases: /^twice\/transfer-encoding$|te-chunked-twice-fields$/, input: '`Transfer-Encoding: chunked` in two lines', why: 'Accepted. A gateway that copies fields sends it, and both lines say the same. It is not read as a second coding, which RFC 9112 section 6.1 forbids' },
  { cases: /te-(chunked-twice-list|further-thrice|further-twice-space)$/, input: '`Transfer-Encoding: chunked, chunked`', why: 'Refused. A list says that chunks are in chunks, which a sender must not do (RFC 9112 section 6.1)' },
  { cases: /^valid\/header-ows-cl-tab$|te-tabs$/, input: 'tabs around a length or a coding', why: 'Accepted. Tabs are blanks (RFC 9110 section 5.6.3)' },
  { cases: /fold-(te|cl)|te-fold-between$/, input: 'a length or a coding on a folded line', why: 'Refused where the first line alone is no value. Readers that do not fold see another length (RFC 9112 section 5.2)' },
  { cases: /te-http10$/, input: 'HTTP/1.0 with `Transfer-Encoding: chunked`', why: 'Refused. It is faulty framing (RFC 9112 section 6.1). `lenient: [\'http-1.0-chunked\']` accepts it' },
  { cases: /^transfer-encoding\/(te-(.*-)?cl(-.*)?|cl-te.*|te-http10-keepalive|te-.*-and-cl)$|^bodiless\/head-te-cl$/, input: '`Transfer-Encoding` beside `Content-Length`', why: 'Refused. Two readers can find two ends of the message, which is how responses are smuggled (RFC 9112 sections 6.3 and 11.2)' },
  { cases: /^transfer-encoding\//, input: 'any other `Transfer-Encoding`', why: 'Refused. We offer no coding, so only chunked may come (RFC 9112 sections 6.1 and 7.4). A reader that ignores the field would take the chunks for the text' },
  { cases: /^twice\/length-|content-length\/cl-(two-same.*|list-same|two-leading-zero)$/, input: 'the same `Content-Length` twice, in two lines or as a list', why: 'Accepted, both forms alike (RFC 9110 section 8.6)' },
  { cases: /content-length\/cl-(two-(differ|zero).*|three-one-differs|further-list-(differ|three))$/, input: 'different `Content-Length`s', why: 'Refused (RFC 9112 section 6.3): the rest of one reader\'s body is another reader\'s next response' },
  { cases: /^content-length\//, input: 'a `Content-Length` that is no decimal number', why: 'Refused (RFC 9110 section 8.6). Whoever reads the digits in front finds another end of the message' },

  // Chunks.
  { cases: /^chunked\/(size-trailing-(tab|space)|ext-bws)$/, input: 'blanks behind a chunk\'s size', why: 'Accepted. RFC 9112 section 7.1.1 allows them in front of an extension, and servers send them' },
  { cases: /^chunked\/(ext-empty|ext-quoted-crlf)$/, input: 'a chunk extension of an odd form', why: 'Accepted. Extensions are ignored up to the end of the line (RFC 9112 section 7.1.1)' },
  { cases: /^chunked\/trailer-(fold|cl)$/, input: 'a fold or a length in the trailers', why: 'Accepted. A fold is a space, and a length there changes nothing (RFC 9110 section 6.5.1)' },
  { cases: /^chunked\/trailer-/, input: 'malformed trailers', why: 'Refused, by the same rules as a head (RFC 9112 section 7.1.2)' },
  { cases: /^chunked\/(size-lf|last-lf.*|last-end-lf|data-lf|ext-lf-end)$/, input: 'LF without CR in the chunks', why: 'Refused. RFC 9112 section 2.2 allows LF alone in heads, not in chunks; no option accepts it' },
  { cases: /^chunked\/.*(cr|crcrlf)/, input: 'a CR without LF in the chunks', why: 'Refused (RFC 9112 sections 2.2 and 7.1)' },
  { cases: /^chunked\/ext-/, input: 'a control byte in a chunk extension', why: 'Refused. No part of an extension may hold one (RFC 9112 section 7.1.1)' },
  { cases: /^chunked\//, input: 'a chunk\'s size that is no hexadecimal number, or is not that of the data', why: 'Refused (RFC 9112 section 7.1)' },

  // The status line.
  { cases: /^(status-line\/lf-(only|mixed|head-end)|header-syntax\/(value-bare-lf-field|lf-in-field-line))$/, input: 'LF without CR in a head', why: 'Refused. RFC 9112 section 2.2 allows a reader to accept it; readers that differ see other fields. `lenient: [\'bare-lf\']` accepts it' },
  { cases: /^(status-line|header-syntax|interim)\/(.*bare-cr.*|.*crcrlf|lf-cr|cr-.*|reason-cr-field|value-cr-lf-cr|name-cr)$/, input: 'a CR without LF in a head', why: 'Refused (RFC 9112 section 2.2)' },
  { cases: /^status-line\/leading-/, input: 'something in front of the status line', why: 'Refused. RFC 9112 section 2.2 lets a server skip an empty line, not a client; the bytes belong to no response' },
  { cases: /^status-line\/version-20$/, input: '`HTTP/2.0` in a status line', why: 'Refused. HTTP/2 has no status line (RFC 9113 section 8.3.2). `lenient: [\'http-2.0\']` accepts it' },
  { cases: /^status-line\/(version|proto)-/, input: 'another version or protocol', why: 'Refused (RFC 9112 sections 2.3 and 4): nothing says how the message ends' },
  { cases: /^status-line\/(code-.*|two-spaces-before-code)$/, input: 'a status that is not three digits between single spaces', why: 'Refused (RFC 9112 section 4)' },
  { cases: /^(status-line\/reason|header-syntax\/value)-(ctl.*|nul|del)$/, input: 'a control byte in a value or a reason', why: 'Refused, as Go does in heads since 1.20 for most of them. RFC 9110 section 5.5 calls CR, LF and NUL dangerous and lets a reader keep the others' },

  // Fields.
  { cases: /^(header-syntax|interim)\/.*(space|tab)-before-colon$/, input: 'a blank between a field\'s name and its colon', why: 'Refused. A length may hide behind it from the next reader (RFC 9112 section 5.1). No option accepts it' },
  { cases: /^header-syntax\/(name-(ctl|nul|del|unit-separator|vt-before-colon|empty)|only-colon)$/, input: 'an empty name, or one with a control byte', why: 'Refused (RFC 9110 section 5.1)' },
  { cases: /^header-syntax\/name-/, input: 'a name of other characters than a token\'s', why: 'Refused (RFC 9110 section 5.1). `lenient: [\'field-names\']` accepts it' },
  { cases: /^header-syntax\/(obs-fold-.*|fold-blank-last)$/, input: 'a value that goes on in the next line', why: 'Accepted. A user agent reads the fold as a space (RFC 9112 section 5.2)' },

  // Which message it is.
  { cases: /^interim\/101-/, input: '101 that nobody asked for', why: 'Refused. What follows is another protocol (RFC 9110 section 7.8)' },
  { cases: /^interim\/103-cut$/, input: 'a 1xx head that is cut', why: 'Refused (RFC 9112 section 8)' },
  { cases: /^interim\//, input: '1xx responses before the final one', why: 'Accepted, 50 of them (`max1xxResponses`). A client must be able to read them, asked for or not (RFC 9110 section 15.2)' },
  { cases: /^(bodiless\/|next\/(204|304|head)-)/, input: 'a body where none may be: HEAD, 204, 304', why: 'Accepted without a body, whatever the fields say (RFC 9112 section 6.3). If bytes follow, the connection serves no other request' },
  { cases: /^truncated\//, input: 'the end of the connection before that of the message', why: 'Refused (RFC 9112 section 8)' },
  { cases: /^limits\/(headers-10000|same-name-10000)$/, input: 'more than 10,000 fields', why: 'Refused (`maxResponseHeaderFields`)' },
  { cases: /^limits\//, input: 'a large head', why: 'Accepted up to 10 MiB, as in Go (`maxResponseHeaderBytes`)' },

  // What the client does with it.
  { cases: /^location\/.*-twice$/, input: 'the same `Location` twice', why: 'Followed once. A field that has one value is read as one (RFC 9110 section 5.3)' },
  { cases: /^location\/different$/, input: 'two `Location`s that differ', why: 'Refused where redirects are followed (RFC 9110 section 5.3)' },
  { cases: /^location\/(byte-e9|utf-8)$/, input: 'bytes beyond ASCII in a `Location`', why: 'Each byte is encoded as it is, `/caf%E9`: only the server knows what it means' },
  { cases: /^location\/empty-query$/, input: 'a `Location` with an empty query, `/b?`', why: 'The `?` is sent. A URL with an empty query is another one (RFC 3986 section 6.2.3)' },
  { cases: /^location\/empty$/, input: 'an empty `Location`', why: 'The redirect is the response, as in Go' },
  { cases: /^location\/301-/, input: '301 in answer to PUT, PATCH, DELETE or OPTIONS', why: 'Followed with GET, as in Go. RFC 9110 section 15.4.2 allows the change for POST only; the Fetch standard and curl keep the method. 308 keeps it everywhere' },
  { cases: /^gzip\/.*zero/, input: 'gzip and zeros behind it, or between two members', why: 'Accepted. RFC 1952 section 2.2 knows no padding, but tools write it, and `gzip -d` takes it' },
  { cases: /^gzip\/two-members/, input: 'gzip of two members', why: 'Accepted. A file may have several (RFC 1952 section 2.2)' },
  { cases: /^gzip\/.*cut$/, input: 'gzip that is cut', why: 'Refused, after what could be decoded: the checksum is missing (RFC 1952 section 2.3.1)' },
];
