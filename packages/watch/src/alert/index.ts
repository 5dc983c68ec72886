/** The door of `alert`: which alerts are open, what they say, and how they are delivered. */
export { AlertBook } from './alert-book.js';
export { Alerting, type AlertingOptions, type Receivers } from './alerting.js';
export { Delivery, type DeliveryOptions, type Receiver } from './delivery.js';
export { alertId, alertmanagerAlert, webhookBody, type AlertmanagerAlert, type LeakAlert, type LinkTo, type WebhookBody } from './leak-alert.js';
export { prometheusRules, RuleError, type RuleOptions } from './prometheus-rules.js';
