// The client of Postroom. It needs fetch and nothing else, and so runs in Node,
// Deno, Bun and browsers. index.d.ts has the promises; here is how they are kept.

/** @import * as Types from './index.js' */

const FIRST_WAIT = 100, LONGEST_WAIT = 5_000; // milliseconds between tries to connect
const TRIES = 10; // in a row; then there is nobody

/** @implements {Types.PostroomError} */
export class PostroomError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, title?: string, detail?: string, errors?: Types.FieldError[], cause?: unknown }} [problem]
   */
  constructor(message, { status = 0, title = message, detail = '', errors = [], cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PostroomError';
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }
}

/** @implements {Types.NotMetError} */
export class NotMetError extends PostroomError {
  /** @param {Types.NotMet} problem */
  constructor(problem) {
    super(problem.text.trimEnd(), problem);
    this.name = 'NotMetError';
    this.report = problem.report;
  }
}

/** @implements {Types.Postroom} */
export class Postroom {
  /** @param {string | URL} [url] */
  constructor(url) {
    const { process } = /** @type {any} */ (globalThis); // browsers have none
    this.url = String(url ?? process?.env?.POSTROOM_URL ?? 'http://127.0.0.1:8025').replace(/\/+$/, '');
    const call = this.#call.bind(this);

    this.rules = {
      list: async () => (await call('GET', '/v1/rules')).rules,
      /** @param {...(string | Types.NewRule)} rules */
      add: async (...rules) => (await call('POST', '/v1/rules', { json: { rules: rules.map(asRule) } })).rules,
      /** @param {string} id */
      remove: async (id) => { await call('DELETE', '/v1/rules/' + encodeURIComponent(id)); },
    };
    this.clock = {
      now: () => call('GET', '/v1/clock'),
      /** @param {string} by */
      advance: (by) => call('POST', '/v1/clock', { json: { advance: by } }),
      /** @param {Types.SetClock} change */
      set: (change) => call('POST', '/v1/clock', { json: change }),
    };
  }

  /**
   * @template {string} [Names=never]
   * @param {Types.Want<Names>} want
   * @param {Types.Options} [options]
   * @returns {Promise<Types.Expected<Names>>}
   */
  async expect(want, { signal } = {}) {
    for (let json = /** @type {object} */ (asked(want)); ;) {
      const response = await this.#request('POST', '/v1/expect', { json, signal });
      const answer = await response.json();
      if (response.status !== 202) return { ...answer, values: values(answer.extracted) };
      json = { resume: answer.resume };
    }
  }

  /** @param {Types.NewAddress} [wanted] @returns {Promise<Types.Address>} */
  async address(wanted = {}) {
    const made = await this.#call('POST', '/v1/addresses', { json: wanted });
    return {
      ...made,
      expect: (want = {}, options) => this.expect({ to: made.address, after: made.cursor, ...want }, options),
      remove: async () => { await this.#call('DELETE', '/v1/addresses/' + encodeURIComponent(made.address)); },
      toString: () => made.address,
    };
  }

  cursor() {
    return this.#call('GET', '/v1/cursor');
  }

  /** @param {Types.MessagesQuery} [query] */
  messages({ query: q, ...rest } = {}) {
    return this.#call('GET', '/v1/messages', { query: { q, ...rest } });
  }

  /** @param {string} id */
  message(id) {
    return this.#call('GET', messagePath(id));
  }

  /** @param {string} id */
  async links(id) {
    return (await this.#call('GET', messagePath(id) + '/links')).links;
  }

  /** @param {string} id */
  async codes(id) {
    return (await this.#call('GET', messagePath(id) + '/codes')).codes;
  }

  /** @param {string} id */
  raw(id) {
    return this.#bytes(messagePath(id) + '/raw');
  }

  /** @param {string} id @returns {Promise<Types.Attachment[]>} */
  async attachments(id) {
    const message = await this.message(id);
    const path = messagePath(message.id) + '/parts/'; // by now latest may be another
    return Promise.all(message.attachments.map(async (/** @type {Types.Attachment} */ attachment) => ({
      ...attachment, content: await this.#bytes(path + encodeURIComponent(attachment.part)),
    })));
  }

  /** @param {string | Uint8Array} mail @param {Types.Envelope} [envelope] */
  async send(mail, envelope = {}) {
    const answer = await this.#call('POST', '/v1/messages', { query: envelope, mail });
    return answer.id;
  }

  /** @param {Types.QueueQuery} [query] */
  queue(query = {}) {
    return this.#call('GET', '/v1/queue', { query });
  }

  /** @param {Types.AttemptsQuery} [query] */
  attempts(query = {}) {
    return this.#call('GET', '/v1/attempts', { query });
  }

  /** @param {{ mailbox: string } | { all: true }} which */
  async clear(which) {
    return (await this.#call('DELETE', '/v1/messages', { query: which })).deleted;
  }

  /** @param {Types.EventsQuery & Types.Options} [options] @returns {AsyncGenerator<Types.Event, void, undefined>} */
  async *events({ mailbox, after, signal } = {}) {
    for (let tries = 0; ; tries++) {
      try {
        for await (const events of this.#frames({ mailbox, after }, signal)) {
          tries = 0;
          for (const event of events) {
            after = event.seq; // a lower one is news from a server that was started again
            yield event;
          }
        }
      } catch (error) {
        const lost = error instanceof PostroomError && (error.status === 0 || error.status === 503);
        if (after === undefined || !lost || tries >= TRIES) throw error;
      }
      await pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries), signal);
    }
  }

  /**
   * #frames reads one connection to its end: each data of the stream is an array of events.
   * @param {Types.EventsQuery} query
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<Types.Event[], void, undefined>}
   */
  async *#frames(query, signal) {
    const leave = new AbortController();
    const left = () => leave.abort(signal?.reason);
    signal?.addEventListener('abort', left, { once: true });
    try {
      signal?.throwIfAborted();
      const response = await this.#request('GET', '/v1/events', { query, signal: leave.signal, accept: 'text/event-stream' });
      const decoder = new TextDecoder();
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      for (let text = ''; ;) {
        const { done, value } = await reader.read().catch((cause) => { throw lost(this.url, cause, signal); });
        if (done) return;
        const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
        text = /** @type {string} */ (blocks.pop());
        for (const block of blocks) {
          const data = block.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
          if (data.length > 0) yield JSON.parse(data.join('\n'));
        }
      }
    } finally {
      signal?.removeEventListener('abort', left);
      leave.abort();
    }
  }

  /** @param {string} path */
  async #bytes(path) {
    const response = await this.#request('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** @param {string} method @param {string} path @param {Body} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    const response = await this.#request(method, path, body);
    return response.json();
  }

  /**
   * #request rejects with a PostroomError, or with the signal's reason.
   * @typedef {{ query?: object, json?: unknown, mail?: string | Uint8Array, accept?: string, signal?: AbortSignal | undefined }} Body
   * @param {string} method @param {string} path @param {Body} [body]
   */
  async #request(method, path, { query = {}, json, mail, accept = 'application/json', signal } = {}) {
    /** @type {RequestInit} */
    const init = { method, signal: signal ?? null, headers: { Accept: accept } };
    if (json !== undefined) {
      init.headers = { Accept: accept, 'Content-Type': 'application/json' };
      init.body = JSON.stringify(json);
    } else if (mail !== undefined) {
      init.headers = { Accept: accept, 'Content-Type': 'message/rfc822' };
      init.body = /** @type {BodyInit} */ (mail);
    }
    const response = await fetch(this.url + path + search(query), init).catch((cause) => { throw lost(this.url, cause, signal); });
    if (!response.ok) throw failure(response.status, await response.json().catch(() => ({})));
    return response;
  }
}

/** @param {string} id */
const messagePath = (id) => '/v1/messages/' + encodeURIComponent(id);

/** @param {string | Types.NewRule} rule */
const asRule = (rule) => (typeof rule === 'string' ? { text: rule } : rule);

/** @param {Record<string, Types.Extracted>} extracted */
const values = (extracted) => /** @type {any} */ (Object.fromEntries(Object.entries(extracted).map(([name, { value }]) => [name, value])));

/**
 * search is the query of a URL. What is undefined is left out; a list stands for many.
 * @param {object} query
 */
function search(query) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined) params.append(name, one);
  }
  const text = String(params);
  return text && '?' + text;
}

/**
 * lost is for a connection that could not be made, or ended before its time.
 * @param {string} url @param {any} cause @param {AbortSignal} [signal]
 */
function lost(url, cause, signal) {
  if (signal?.aborted) return signal.reason;
  const detail = cause?.cause?.message || cause?.message || '';
  return new PostroomError(`Postroom does not answer at ${url}: ${detail}`, { title: 'No answer', detail, cause });
}

/** @param {number} status @param {any} problem a document of RFC 9457, or what came in its place */
function failure(status, problem) {
  if (problem.report) return new NotMetError(problem);
  const { title = `Status ${status}`, detail = '', errors } = problem;
  const where = (errors ?? []).map((/** @type {Types.FieldError} */ e) => `${e.location}: ${e.message}`);
  const message = ['Postroom: ' + (detail || title), ...where].join('\n');
  return new PostroomError(message, { status, title, detail, errors });
}

/** @param {Types.Want<any>} want */
function asked({ match = [], count, ...rest }) {
  return {
    ...rest,
    match: Array.isArray(match) ? match : Object.entries(match).flatMap(([field, texts]) => [texts].flat().map((text) => test(field, text))),
    count: typeof count === 'object' || count === undefined ? count : amount(String(count)),
  };
}

/** @param {string} text @returns {Types.Count} */
function amount(text) {
  const [, n, more] = /^(\d+)(\+?)$/.exec(text) ?? [];
  if (text === 'none' || (n && !more && Number(n) === 0)) return { none: true };
  if (!n) throw new TypeError(`count: ${JSON.stringify(text)} is no number, no 2+ and not none`);
  return more ? { atLeast: Number(n) } : { exactly: Number(n) };
}

/**
 * test reads the shorthand of a test: ~part, /re/, text or =text, and ! before it; ! alone.
 * A regular expression is one of RE2, with the flags i, m and s.
 * @param {string} field @param {string | RegExp} text @returns {Types.Test}
 */
function test(field, text) {
  if (text instanceof RegExp) {
    const flags = text.flags.replace(/[^ims]/g, '');
    return { field, matches: (flags && `(?${flags})`) + text.source };
  }
  if (typeof text !== 'string') throw new TypeError(`match.${field}: ${JSON.stringify(text)} is no text`);
  if (text === '!') return { field, absent: true };
  const not = text.startsWith('!');
  const what = not ? text.slice(1) : text;
  if (/^($|!|~$|\/($|\/$|.*[^/]$))/s.test(what)) throw new TypeError(`match.${field}: ${JSON.stringify(text)} is no ~part, /re/, text or =text`);
  const on = not ? { field, not } : { field };
  if (what.startsWith('~')) return { ...on, contains: what.slice(1) };
  if (what.startsWith('/')) return { ...on, matches: what.slice(1, -1) };
  return { ...on, equals: what.startsWith('=') ? what.slice(1) : what };
}

/** @param {number} milliseconds @param {AbortSignal} [signal] @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const left = () => { clearTimeout(timer); reject(signal?.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener('abort', left); resolve(); }, milliseconds);
    signal?.addEventListener('abort', left, { once: true });
    if (signal?.aborted) left();
  });
}
