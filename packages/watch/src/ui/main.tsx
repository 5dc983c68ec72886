/** Owns the dashboard's frame: the header, the announcements, and which page is shown. */
import { effect } from '@preact/signals';
import { render, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { announcement, connection, historyTrouble, load, targets, type Connection } from './fleet.js';
import { LabPage } from './lab-page.js';
import { followLive } from './live-stream.js';
import { OverviewPage } from './overview-page.js';
import { clockTime, timeZone } from './quantity.js';
import { labAddress, route, type Route } from './route.js';
import { TargetPage } from './target-page.js';
import './dashboard.css';

function Dashboard(): VNode {
  const content = useRef<HTMLElement>(null);
  const shown = useRef(route.value);
  const page = route.value;
  const title = titleOf(page);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    if (shown.current === page) return;
    // Another page was opened: a screen reader begins there, and so does the next Tab.
    shown.current = page;
    content.current?.focus();
    window.scrollTo(0, 0);
  }, [page]);

  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          content.current?.focus();
        }}
      >
        Skip to content
      </a>
      <header>
        <a class="brand" href="#/">
          Watertight
        </a>
        <nav>
          <a href={labAddress()} aria-current={page.name === 'lab' ? 'page' : undefined}>
            Lab
          </a>
        </nav>
        {page.name === 'lab' ? null : <LiveState of={connection.value} />}
      </header>
      <main id="content" ref={content} tabIndex={-1}>
        {page.name === 'lab' || historyTrouble.value === null ? null : (
          <p class="trouble" role="alert">
            Since {clockTime(historyTrouble.value.since)}: {historyTrouble.value.message}.
          </p>
        )}
        <Page page={page} />
      </main>
      <footer>Times are those of {timeZone()}.</footer>
      <p class="unseen" role="status" aria-live="polite" id="announcements">
        {announcement.value}
      </p>
    </>
  );
}

function Page({ page }: { readonly page: Route }): VNode {
  if (page.name === 'target') return <TargetPage key={page.url} url={page.url} />;
  return page.name === 'lab' ? <LabPage experiments={page.experiments} /> : <OverviewPage />;
}

function titleOf(page: Route): string {
  if (page.name === 'target') return `${targets.value.get(page.url)?.name ?? page.url} – Watertight`;
  return page.name === 'lab' ? 'Lab – Watertight' : 'Watertight';
}

function LiveState({ of }: { readonly of: Connection }): VNode {
  const text = of.state === 'lost' ? `connection lost${of.since === null ? '' : ` at ${clockTime(of.since)}`}; trying again` : of.state === 'live' ? 'live' : 'connecting';
  return (
    <span class={`connection ${of.state}`} role="status">
      {text}
    </span>
  );
}

render(<Dashboard />, document.body);
// The lab needs nothing of the targets.
const stop = effect(() => {
  if (route.value.name === 'lab') return;
  queueMicrotask(() => stop());
  followLive();
  void load();
});
