import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { NotMetError, Postroom, PostroomError } from 'postroom';

const postroom = new Postroom();

/** @param {string} to @param {string} [subject] */
const note = (to, subject = 'Note') => postroom.send(`From: App <app@a.test>\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\nHello\r\n`);

/** fake serves what answer says, one answer after another. @param {import('node:test').TestContext} t @param {...http.RequestListener} answers */
async function fake(t, ...answers) {
  const server = http.createServer((request, response) => answers.shift()?.(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  t.after(() => { server.closeAllConnections(); server.close(); });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return new Postroom(`http://127.0.0.1:${address.port}/`);
}

/** @param {http.IncomingMessage} request */
async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

/** @param {http.ServerResponse} response @param {number} status @param {unknown} body */
const reply = (response, status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

test('where it is', () => {
  assert.equal(postroom.url, process.env.POSTROOM_URL);
  assert.equal(new Postroom('http://a.test/post//').url, 'http://a.test/post');
});

test('what arrived', async () => {
  const box = await postroom.address({ prefix: 'met', domain: 'a.test' });
  assert.match(`${box}`, /^met-\w+@a\.test$/);
  const id = await note(box.address, 'Welcome');
  const met = await box.expect({ match: { subject: ['~Wel', '/W.lcome$/', '!~Farewell'], cc: '!', from: [/^APP@/i, 'app@a.test'] }, count: '1+', extract: { subject: 'subject' } });
  assert.deepEqual(met.messages.map((m) => m.id), [id]);
  assert.deepEqual(met.values, { subject: 'Welcome' });
  assert.equal(met.extracted.subject.value, 'Welcome');
  await assert.rejects(box.expect({ after: met.cursor, within: '0s' }), NotMetError);
});

for (const [name, match] of Object.entries({
  equals: { subject: 'Welcom' }, contains: { subject: '~welcome' }, matches: { subject: '/^elc/' }, absent: { subject: '!' }, not: { subject: '!=Welcome' },
})) {
  test(`shorthand: ${name} can fail`, async () => {
    const box = await postroom.address();
    await note(box.address, 'Welcome');
    await assert.rejects(box.expect({ match, within: '0s' }), NotMetError);
  });
}

for (const count of ['', 'many', '-1', '1-']) {
  test(`count: ${JSON.stringify(count)} is none`, () => assert.rejects(postroom.expect({ count, within: '0s' }), TypeError));
}

for (const text of ['', '!!', '~', '!~', '/', '//', '/re']) {
  test(`shorthand: ${JSON.stringify(text)} is none`, () => assert.rejects(postroom.expect({ match: { subject: text }, within: '0s' }), TypeError));
}

test('what is missing is told by the message', async () => {
  const box = await postroom.address();
  await note(box.address, 'Farewell');
  await assert.rejects(box.expect({ match: { subject: '~Welcome' }, within: '0s' }), (error) => {
    assert.ok(error instanceof NotMetError && error instanceof PostroomError);
    assert.equal(error.name, 'NotMetError');
    assert.equal(error.status, 422);
    assert.match(error.message, /Farewell/);
    assert.equal(error.report.candidates[0]?.message.subject, 'Farewell');
    return true;
  });
});

test('a want that makes no sense', async () => {
  await assert.rejects(postroom.expect({ match: [{ field: 'subject', contains: 'x' }, { field: 'subject', matches: '(' }] }), (error) => {
    assert.ok(error instanceof PostroomError && !(error instanceof NotMetError));
    assert.equal(error.status, 400);
    assert.match(error.errors[0]?.location ?? '', /match\[1\]/);
    assert.match(error.message, /match\[1\]/);
    return true;
  });
});

test('an answer 202 is resumed', async (t) => {
  /** @type {unknown[]} */
  const asked = [];
  const far = await fake(t,
    async (request, response) => { asked.push(await bodyOf(request)); reply(response, 202, { resume: 'more', left: '5s' }); },
    async (request, response) => { asked.push(await bodyOf(request)); reply(response, 200, { messages: [], extracted: { code: { value: '1', from: 'text' } }, cursor: 'C', waitedMs: 1 }); });
  const { values } = await far.expect({ to: 'a@a.test', match: { subject: '=~x' }, count: 2, within: '1m', extract: { code: 'code' } });
  assert.equal(values.code, '1');
  assert.deepEqual(asked, [
    { to: 'a@a.test', match: [{ field: 'subject', equals: '~x' }], count: { exactly: 2 }, within: '1m', extract: { code: 'code' } },
    { resume: 'more' },
  ]);
});

test('waiting ends with its signal', async () => {
  const box = await postroom.address();
  const leave = new AbortController(), enough = new Error('enough');
  const waiting = box.expect({ within: '1m' }, { signal: leave.signal });
  leave.abort(enough);
  await assert.rejects(waiting, (error) => error === enough);
  await assert.rejects(box.expect({}, { signal: leave.signal }), (error) => error === enough);
});

test('nobody there', async (t) => {
  const gone = await fake(t, (_, response) => response.destroy());
  await assert.rejects(gone.cursor(), (error) => error instanceof PostroomError && error.status === 0 && error.message.includes(gone.url));
});

test('an answer that is no problem document', async (t) => {
  const proxy = await fake(t, (_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
  await assert.rejects(proxy.cursor(), (error) => error instanceof PostroomError && error.status === 502 && error.title === 'Status 502');
});

test('messages and what is in them', async () => {
  const box = await postroom.address();
  const source = [
    'From: App <app@a.test>', `To: ${box}`, 'Subject: Parts', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
    '--b', 'Content-Type: text/html; charset=utf-8', '', '<p>Your code is 482913. <a href="https://a.test/x">Confirm</a></p>',
    '--b', 'Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="d.bin"', 'Content-Transfer-Encoding: base64', '', 'AP8NCg==',
    '--b--', '',
  ].join('\r\n');
  const id = await postroom.send(new TextEncoder().encode(source), { from: 'bounce@a.test', to: [box.address, `x-${box}`] });
  assert.deepEqual((await postroom.messages({ mailbox: box.address, query: 'subject:parts' })).messages.map((m) => m.id), [id]);
  assert.deepEqual((await postroom.messages({ mailbox: box.address, query: 'subject:other' })).messages, []);
  const message = await postroom.message(id);
  assert.equal(message.envelope.from, 'bounce@a.test');
  assert.equal(message.envelope.to.length, 2);
  assert.equal((await postroom.links(id))[0]?.url, 'https://a.test/x');
  assert.equal((await postroom.codes(id))[0]?.value, '482913');
  assert.equal(new TextDecoder().decode(await postroom.raw(id)), source);
  const attachments = await postroom.attachments(id);
  assert.deepEqual(attachments.map((a) => [a.filename, ...a.content]), [['d.bin', 0, 255, 13, 10]]);
  assert.equal(await postroom.clear({ mailbox: box.address }), 1);
  await assert.rejects(postroom.clear(/** @type {any} */ ({ mailbox: undefined })), PostroomError);
});

test('rules of an address go with it', async () => {
  const box = await postroom.address({ rules: ['rcpt reply 451 4.7.1 "Later"'] });
  const mine = async () => (await postroom.rules.list()).filter((rule) => rule.owner === box.address);
  assert.equal((await mine()).length, 1);
  await note(box.address);
  await box.remove();
  assert.deepEqual(await mine(), []);
  assert.deepEqual((await postroom.messages({ mailbox: box.address })).messages, []);
});

test('rules', async () => {
  const added = await postroom.rules.add('rcpt to=one@rules.test reply 550', { text: 'rcpt to=two@rules.test reply 550', name: 'two' });
  assert.deepEqual(added.map((rule) => rule.name).at(-1), 'two');
  for (const rule of added) await postroom.rules.remove(rule.id);
  const ids = (await postroom.rules.list()).map((rule) => rule.id);
  for (const rule of added) assert.ok(!ids.includes(rule.id));
});

test('clock, queue and attempts', async () => {
  const before = await postroom.clock.now();
  const after = await postroom.clock.advance('4h');
  assert.ok(after.aheadSeconds >= before.aheadSeconds + 4 * 3600);
  assert.equal((await postroom.clock.set({ speed: 1 })).speed, 1);
  assert.deepEqual((await postroom.queue({ limit: 1 })).deliveries, []);
  assert.deepEqual((await postroom.attempts({ to: 'nobody@a.test' })).attempts, []);
});

test('events', async () => {
  const box = await postroom.address();
  const { event } = await postroom.cursor();
  const id = await note(box.address);
  const types = [];
  for await (const { type, id: which } of postroom.events({ after: event, mailbox: box.address })) {
    types.push(type);
    if (which === id) break;
  }
  assert.deepEqual(types, ['hello', 'added']);
});

test('events end with their signal', async () => {
  const leave = new AbortController(), enough = new Error('enough');
  const events = postroom.events({ signal: leave.signal });
  assert.equal((await events.next()).value?.type, 'hello');
  const next = events.next();
  leave.abort(enough);
  await assert.rejects(next, (error) => error === enough);
  await assert.rejects(postroom.events({ signal: leave.signal }).next(), (error) => error === enough);
});

test('events go on where they stopped', async (t) => {
  /** @type {(string | undefined)[]} */
  const asked = [], u = new TextEncoder().encode('ü');
  /** @type {(...chunks: (string | Uint8Array)[]) => http.RequestListener} */
  const stream = (...chunks) => (request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? undefined);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const write = () => (chunks.length > 0 ? response.write(chunks.shift(), () => setImmediate(write)) : response.end());
    write();
  };
  const far = await fake(t,
    stream('id: 1\nda', 'ta: [{"seq":1,"type":"hello"}]\n\n: beat\n', '\nid: 3\ndata: [{"seq":2,"type":"added"},{"seq":3,"type":"added"}]\n\ndata: ['),
    (_, response) => response.destroy(),
    (_, response) => reply(response, 503, { title: 'Going', status: 503 }),
    stream('id: 3\ndata: [{"seq":3,"type":"hello"}]\n\nid: 4\ndata: [{"seq":4,"type":"added","id":"Gr', u.subarray(0, 1), u.subarray(1), '"}]\n\n'),
    (_, response) => reply(response, 404, { title: 'Not Found', status: 404 }));
  /** @type {string[]} */
  const seen = [];
  await assert.rejects((async () => { for await (const { seq, id = '' } of far.events()) seen.push(seq + id); })(), /Not Found/);
  assert.deepEqual(seen, ['1', '2', '3', '3', '4Grü']);
  assert.deepEqual(asked, [undefined, '3']);
});

test('events of nobody fail at once', async (t) => {
  const gone = await fake(t, (_, response) => response.destroy());
  await assert.rejects(gone.events().next(), PostroomError);
});
