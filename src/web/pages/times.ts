/** Moments in HTML: relative to now, with the moment itself for the pointer and for programs. */
import { span } from '../../support/words.ts';
import { type Html, html } from './html.ts';

/** How long ago, or in how long. */
export function relativeTime(atSeconds: number, nowSeconds: number): Html {
  const away = atSeconds - nowSeconds;
  return timeElement(atSeconds, away >= 0.5 ? `in ${span(away)}` : `${span(-away)} ago`);
}

/** The moment itself, in UTC. */
export function absoluteTime(atSeconds: number): Html {
  const iso = isoTime(atSeconds);
  return html`<time datetime="${iso}">${readable(iso)}</time>`;
}

export function timeElement(atSeconds: number, text: string): Html {
  const iso = isoTime(atSeconds);
  return html`<time datetime="${iso}" title="${readable(iso)}">${text}</time>`;
}

function isoTime(atSeconds: number): string {
  return `${new Date(atSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

function readable(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
