/**
 * How a failure becomes plain data and a line in the log: one line when something begins to fail, fails in a way that is new or
 * works again, and one an hour while it goes on failing. What it is that fails is told by whoever asks.
 */
import { AtlasError } from '../atlas/error.ts';
import type { Advice, Failure, Notice } from '../collectors/collector.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';

export type Facts = Readonly<Record<string, string | number | undefined>>;

export interface Report {
  failed(facts: Facts, failure: Failure): void;
  worked(facts: Facts): void;
  /** Each once, as long as they are not too many. */
  notice(facts: Facts, notices: readonly Notice[]): void;
}

const REMIND_AFTER_SECONDS = 3600;
/** Notices quote what others say, who may say something else each time. */
const MOST_NOTICES = 50;

/** @param what is done, as the log calls it: `polling` */
export function createReport(what: string, { log, runtime }: { readonly log: Log; readonly runtime: Runtime }): Report {
  let remindAtSeconds = 0;
  /** How it has failed since it last worked, as far as the log says. */
  const ways = new Set<string>();
  const told = new Set<string>();

  return {
    failed(facts, failure) {
      const { reason, status, errorCode: error_code, problem, advice } = failure;
      // Failures may alternate, as timeouts and refused connections do: each way is news once.
      const isNews = !ways.has(wayOf(failure));
      if (!isNews && runtime.monotonicSeconds() < remindAtSeconds) return;
      remindAtSeconds = runtime.monotonicSeconds() + REMIND_AFTER_SECONDS;
      ways.add(wayOf(failure));
      const level = reason === 'internal' ? 'error' : 'warn';
      const message = isNews ? `${what} fails` : `${what} still fails`;
      log[level]({ ...facts, reason, status, error_code, problem, advice }, message);
    },
    worked(facts) {
      if (ways.size > 0) log.info(facts, `${what} works again`);
      ways.clear();
    },
    notice(facts, notices) {
      for (const notice of notices) {
        const text = JSON.stringify(notice);
        if (told.has(text) || told.size >= MOST_NOTICES) continue;
        told.add(text);
        log.warn({ ...facts, ...notice.facts }, notice.message);
      }
    },
  };
}

/** Codes may differ; what is to be done about them says whether something has changed. */
function wayOf({ reason, advice }: Failure): string {
  return `${reason}: ${advice}`;
}

/** @param own what to do instead of the usual, where the failure says nothing more special */
export function failureOf(error: unknown, own: Advice = {}): Failure {
  const known = error instanceof AtlasError ? error : new AtlasError('internal', `unexpected ${nameOf(error)}`);
  const { reason, status, errorCode, message: problem, advice } = known;
  const isUsual = advice === new AtlasError(reason, '').advice;
  return { reason, status, errorCode, problem, advice: (isUsual ? own[reason] : undefined) ?? advice };
}

/** Of a bug only its name is told: its message may hold anything. The first line of the stack says where it is. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  const place = /\(?([\w./-]*\/[\w.-]+:\d+:\d+)\)?/.exec(error.stack?.split('\n')[1] ?? '')?.[1];
  return place === undefined ? error.name : `${error.name} at ${place.replace(/^.*\/(?=(src|dist)\/)/, '')}`;
}
