// How the types are meant to be used, for the compiler to read: nobody runs it.
import { NotMetError, Postroom, PostroomError } from 'postroom';
import type { Event, Link, Message, Rule } from 'postroom';
import type { paths } from 'postroom/api';

const postroom = new Postroom('http://127.0.0.1:8025');

const { values, extracted, messages } = await postroom.expect({
  to: 'alice@a.test',
  match: [{ field: 'subject', contains: 'Welcome' }],
  count: { exactly: 1 },
  within: '10s',
  extract: { link: 'link:Confirm', code: 'code' },
});
const link: string = values.link;
const groups: string[] | null | undefined = extracted.code.groups;
const subject: string | undefined = messages[0]?.subject;
// @ts-expect-error: nothing of that name was asked for
values.token;
// @ts-expect-error: nothing at all was asked for
(await postroom.expect({ to: 'alice@a.test' })).values.link;
// @ts-expect-error: no such field
await postroom.expect({ too: 'alice@a.test' });
// @ts-expect-error: all mail must be said
await postroom.clear({});

const inbox = await postroom.address({ prefix: 'signup', rules: ['rcpt first=1 reply 451 4.7.1 "Greylisted"'] });
const code: string = (await inbox.expect({ count: 1, match: { subject: '~Welcome', cc: '!' }, extract: { code: 'code' } })).values.code;

const message: Message = await postroom.message('latest');
const all: Link[] = await postroom.links(message.id);
const rules: Rule[] = await postroom.rules.add('rcpt to=bob@a.test reply 550', { text: 'mail reply 451', owner: 'me' });
const content: Uint8Array | undefined = (await postroom.attachments(message.id))[0]?.content;

const leave = new AbortController();
for await (const event of postroom.events({ mailbox: 'alice@a.test', signal: leave.signal })) {
  const seen: Event = event;
  if (seen.type === 'added') break;
}

try {
  await inbox.expect({}, { signal: AbortSignal.timeout(1000) });
} catch (error) {
  if (error instanceof NotMetError) console.log(error.message, error.report.candidates[0]?.checks[0]?.actual);
  else if (error instanceof PostroomError) console.log(error.status, error.title, error.detail, error.errors[0]?.location);
}

type Listed = paths['/v1/messages']['get']['responses']['200']['content']['application/json'];
const listed: Listed = await postroom.messages({ mailbox: 'alice@a.test', query: 'has:html' });

export { all, code, content, groups, link, listed, rules, subject };
