/** Owns the alerts of a running watch: it hears every report and passes what is to be told to the receivers. */
import { Client, Transport } from 'watertight';
import type { TargetReport } from '../monitor/index.js';
import { AlertBook } from './alert-book.js';
import { Delivery, type DeliveryOptions, type Receiver } from './delivery.js';
import { alertmanagerAlert, webhookBody, type LeakAlert, type LinkTo } from './leak-alert.js';

export interface Receivers {
  /** Gets each alert when it opens, once more for each line that is found to be at fault, and when it is resolved. */
  readonly webhook: Receiver | null;
  /** Where an Alertmanager is, with the prefix of its path if it has one. */
  readonly alertmanager: Receiver | null;
}

export interface AlertingOptions extends DeliveryOptions {
  readonly link: LinkTo;
  /** The targets that are watched now; alerts of all others are resolved. Without it, only {@link Alerting.retain} resolves them. */
  readonly watched?: () => Iterable<string>;
  /** How often Alertmanager is sent what is open, ms. Default a minute, as in Prometheus. */
  readonly refresh?: number;
}

const REFRESH = 60_000;
/** After this many missed refreshes Alertmanager resolves an alert, since the watch must have ended. Prometheus uses the same number. */
const MISSED = 4;

export class Alerting {
  private readonly book = new AlertBook(Date.now());
  private readonly transport = new Transport({ maxIdleConnsPerHost: 1 });
  private readonly client = new Client({ transport: this.transport });
  private readonly refresh: number;
  private readonly timer: NodeJS.Timeout;
  private webhook: Delivery | null = null;
  private alertmanager: Delivery | null = null;
  private receivers = '';

  constructor(
    receivers: Receivers,
    private readonly options: AlertingOptions,
  ) {
    this.refresh = options.refresh ?? REFRESH;
    this.setReceivers(receivers);
    this.timer = setInterval(() => {
      if (options.watched !== undefined && this.book.open.length > 0) this.retain(options.watched());
      this.tell(this.book.due(Date.now()));
    }, this.refresh);
  }

  /** Sets the receivers from now on. A new Alertmanager is sent what is open already. */
  setReceivers(receivers: Receivers): void {
    const text = JSON.stringify(receivers);
    if (text === this.receivers) return;
    this.receivers = text;
    void this.webhook?.close();
    void this.alertmanager?.close();
    const { webhook, alertmanager } = receivers;
    this.webhook = webhook === null ? null : new Delivery(webhook, this.client, this.options);
    this.alertmanager = alertmanager === null ? null : new Delivery({ ...alertmanager, url: apiOf(alertmanager.url) }, this.client, this.options);
    if (this.book.told.length > 0) this.tellAlertmanager();
  }

  /** `opened`: when the history says that the leak began, which is before now if an earlier run of the watch saw it. */
  take(report: TargetReport, at = Date.now(), opened?: () => number): void {
    const alert = this.book.take(report, at, opened);
    if (alert !== null) this.tell([alert]);
  }

  /** Resolves the open alerts of all targets but these. */
  retain(urls: Iterable<string>, at = Date.now()): void {
    const alerts = this.book.retain(new Set(urls), at);
    if (alerts.length > 0) this.tell(alerts);
  }

  /** Resolves when every message has been delivered or given up. */
  async settled(): Promise<void> {
    await Promise.all([this.webhook?.settled(), this.alertmanager?.settled()]);
  }

  /** Gives up every delivery. Alertmanager keeps open alerts open until it has received nothing for some minutes. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.webhook?.close(), this.alertmanager?.close()]);
    await this.transport.close();
  }

  private tell(alerts: readonly LeakAlert[]): void {
    for (const alert of alerts) this.webhook?.send(`${alert.id} ${alert.endsAt === null}`, () => webhookBody(alert, this.options.link));
    this.tellAlertmanager();
  }

  /** Sends all alerts each time, so that an Alertmanager that has restarted knows them again. */
  private tellAlertmanager(): void {
    const alerts = (): readonly LeakAlert[] => [...this.book.told, ...this.book.resolved(Date.now())];
    if (alerts().length === 0) return;
    this.alertmanager?.send('all', () => alerts().map((alert) => alertmanagerAlert(alert, Date.now() + MISSED * this.refresh, this.options.link)));
  }
}

function apiOf(address: string): string {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/api\/v2(?:\/alerts)?$/, '')}/api/v2/alerts`;
  return url.href;
}
