/** Owns the client that asks services and a Prometheus: it follows redirects within a host, and to no other. */
import { Client, type ClientOptions, type Transport } from 'watertight';
import { ScrapeError } from './scrape-error.js';
import { shownText } from './target.js';

/** As many as Go's client follows. */
const MOST_REDIRECTS = 10;

/** A client for scrapes over this transport. */
export function scrapeClient(transport: Transport): Client {
  return new Client({ transport, checkRedirect });
}

/** What another host answers says nothing of the service that was named, and may be shown in an error to whoever named it. */
const checkRedirect: NonNullable<ClientOptions['checkRedirect']> = (request, via) => {
  const [first] = via;
  const [from, to] = [new URL(first.url), new URL(request.url)];
  if (from.hostname !== to.hostname) throw new ScrapeError('failed', `${from.origin} redirects to another host, ${shownText(to.host)}, which is not asked: name that one if it is meant`);
  if (via.length >= MOST_REDIRECTS) throw new ScrapeError('failed', `${from.origin} redirects again and again`);
};
