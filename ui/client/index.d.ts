import type { components } from './api.js';

type Schemas = components['schemas'];

// The nouns of the HTTP interface, as the server describes them.
export type Test = Schemas['ExpectTest'];
export type Count = Schemas['ExpectCount'];
export type Extracted = Schemas['Extracted'];
export type NotMet = Schemas['NotMet'];
export type Report = Schemas['ExpectReport'];
export type NewAddress = Schemas['NewAddress'];
export type Cursor = Schemas['Cursor'];
export type Messages = Schemas['Messages'];
export type Message = Schemas['Message'];
export type Link = Schemas['Link'];
export type Code = Schemas['Code'];
export type Rule = Schemas['Rule'];
export type NewRule = Schemas['NewRule'];
export type Clock = Schemas['Clock'];
export type SetClock = Schemas['SetClock'];
export type Queue = Schemas['Queue'];
export type Attempts = Schemas['Attempts'];
export type Event = Schemas['Event'];

export interface Options {
  /** Ends the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * What mail is wanted. What is left out asks for nothing: {} is any mail at all, at
 * least one message. README of the server has the language of queries, tests and
 * extracts.
 */
export interface Want<Names extends string = string> {
  /** Mailbox in which it lies; left out: that of any recipient. */
  mailbox?: string;
  /** Envelope recipient: an address, or a pattern with *. */
  to?: string;
  /** A search, such as has:html. */
  query?: string;
  /**
   * All must pass: tests, or shorthands by field. Of a shorthand ~part is contained,
   * /re/ (RE2) finds something, text or =text is the whole; ! before it: not so; ! alone:
   * there is no value.
   */
  match?: Test[] | Record<string, string | RegExp | (string | RegExp)[]>;
  /** How many messages; a number is exactly so many, 0 none. Left out: at least one. */
  count?: number | string | Count;
  /** How long to wait in all, such as 500ms, 10s or 5m: an hour at most. Left out: 10s. 0s: only look. */
  within?: string;
  /** Only newer mail counts: a cursor, the id of a message, or a time. */
  after?: string | Date;
  /** How long no further such mail may come. Left out: 200ms where count says exactly or none. */
  settle?: string;
  /** What to take out of each message, by names of your choice: code, link, link:TEXT, header:NAME… */
  extract?: Record<Names, string>;
}

/** What arrived. Extracted and values are those of the newest message, and empty when none was wanted. */
export type Expected<Names extends string = string> = Schemas['Expected'] & {
  extracted: Record<Names, Extracted>;
  /** extracted, without where it was found: values.link is a string. */
  values: Record<Names, string>;
};

/** An address that nobody else has, and all that came to it since it was made. */
export type Address = Schemas['AnAddress'] & {
  /** Postroom.expect with to and after of this address, which the want may replace. */
  expect<Names extends string = never>(want?: Want<Names>, options?: Options): Promise<Expected<Names>>;
  /** Deletes its mail and its rules. */
  remove(): Promise<void>;
  /** The address, so that it can stand in a template. */
  toString(): string;
};

export type Attachment = Schemas['Attachment'] & { content: Uint8Array };

/** Where a mail goes: left out, its headers say so. */
export interface Envelope {
  from?: string;
  to?: string | string[];
}

export interface MessagesQuery {
  mailbox?: string;
  /** A search; README of the server has the language. */
  query?: string;
  before?: string;
  after?: string;
  limit?: number;
}

export interface QueueQuery {
  hop?: string;
  before?: string;
  limit?: number;
}

export interface AttemptsQuery {
  to?: string;
  from?: string;
  rule?: string;
  session?: string;
  stage?: string;
  did?: string;
  before?: string;
  limit?: number;
}

export interface EventsQuery {
  /** Only events that concern this mailbox. */
  mailbox?: string | undefined;
  /** Number of the last event that is known, such as event of a cursor. Left out: from now on. */
  after?: number | undefined;
}

/** What is wrong with one part of a request. */
export interface FieldError {
  message?: string;
  /** Such as body.match[1].matches. */
  location?: string;
  value?: unknown;
}

/** A call that went wrong. status is that of HTTP, or 0 when no answer came. */
export class PostroomError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: FieldError[];
}

/** The mail has not come. The message is the report for people, so that any test runner shows it. */
export class NotMetError extends PostroomError {
  readonly report: Report;
}

/** A Postroom, as it answers at its URL. All calls reject with a PostroomError. */
export class Postroom {
  /** Without a URL: POSTROOM_URL of the environment, or http://127.0.0.1:8025. */
  constructor(url?: string | URL);

  /** Without a slash at its end. */
  readonly url: string;

  /**
   * Waits for mail and takes values out of it. Rejects with a NotMetError when it does not come in
   * time, and with a TypeError for a shorthand that is none.
   */
  expect<Names extends string = never>(want: Want<Names>, options?: Options): Promise<Expected<Names>>;

  /** Makes an address that nobody else has, and rules for mail to it (lines without to=). */
  address(wanted?: NewAddress): Promise<Address>;

  /** The present moment, for after of later calls. */
  cursor(): Promise<Cursor>;

  /** A page of messages, newest first. */
  messages(query?: MessagesQuery): Promise<Messages>;

  /** All that is known of a message; latest is the newest one. So it is wherever an id is asked for. */
  message(id: string): Promise<Message>;
  links(id: string): Promise<Link[]>;
  /** One-time codes in it, the most likely first. */
  codes(id: string): Promise<Code[]>;
  /** The message, octet by octet. */
  raw(id: string): Promise<Uint8Array>;
  attachments(id: string): Promise<Attachment[]>;

  /** Brings a mail (RFC 5322) in, as if it came over SMTP, and gives its id. */
  send(mail: string | Uint8Array, envelope?: Envelope): Promise<string>;

  /** What makes the server misbehave, or sends mail elsewhere. */
  readonly rules: {
    list(): Promise<Rule[]>;
    /** Adds rules, as lines or objects, and gives them with their ids. */
    add(...rules: (string | NewRule)[]): Promise<Rule[]>;
    remove(id: string): Promise<void>;
  };

  /** The clock that retries, reports, expiry and rules go by. */
  readonly clock: {
    now(): Promise<Clock>;
    /** Moves it ahead, by 15m, 4h, 2d…; what falls due on the way is done when the call is. */
    advance(by: string): Promise<Clock>;
    /** Stops it, lets it run, hurries it. */
    set(change: SetClock): Promise<Clock>;
  };

  /** Mail on its way elsewhere. */
  queue(query?: QueueQuery): Promise<Queue>;

  /** What clients tried and did not go well, newest first. */
  attempts(query?: AttemptsQuery): Promise<Attempts>;

  /** Deletes the mail of a mailbox, or all, and tells how many deliveries. */
  clear(which: { mailbox: string } | { all: true }): Promise<number>;

  /**
   * What happens, as it happens; the first event is hello. A connection that is lost is made
   * again, with a further hello, and goes on where it stopped; after some tries in vain the
   * iterator throws. It connects when the first event is asked for: to miss nothing before, give
   * the event of a cursor as after.
   */
  events(options?: EventsQuery & Options): AsyncGenerator<Event, void, undefined>;
}
