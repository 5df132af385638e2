const many = (n, one, more) => `${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`;

export default {
  lang: 'en',
  locale: 'en-GB',

  own: 'English',
  name: 'Postroom',
  allMail: 'All mail',
  nullSender: '<> (null sender)',
  noSubject: '(no subject)',

  time: {
    now: 'now', minutes: (n) => `${n} min`, hours: (n) => `${n} h`, days: (n) => many(n, 'day', 'days'), seconds: (n) => `${n} s`,
    in: (span) => `in ${span}`, ago: (span) => span, due: 'due',
  },

  places: {
    settings: 'Server settings', queue: 'Queue', badmail: 'Badmail', done: 'Done', sessions: 'Sessions', attempts: 'Attempts', rules: 'Rules', clock: 'Clock',
    hints: {
      queue: 'Mail that waits to be relayed, returned or let go',
      badmail: 'Mail that could be neither delivered nor returned to its sender',
      done: 'Mail that has left the queue for elsewhere',
      attempts: 'What clients tried that was refused or broken off',
      rules: 'What goes wrong on command, and where mail goes',
    },
  },

  states: {
    delivered: 'delivered', queued: 'queued', held: 'held', bouncing: 'bouncing', relayed: 'relayed', bounced: 'bounced', reported: 'reported', lost: 'Badmail',
  },

  did: {
    received: 'received', kept: 'kept', queued: 'queued', held: 'held', thawed: 'let go', retried: 'retried', rerouted: 'rerouted', deferred: 'deferred', relayed: 'relayed', failed: 'failed', expired: 'expired',
    bounced: 'bounced', warned: 'delay reported', released: 'released', lost: 'Badmail', refused: 'refused', dropped: 'dropped', hung: 'hung', garbled: 'garbled', discarded: 'discarded',
  },

  counted: {
    open: 'open now', received: 'received', waiting: 'waiting', taken: 'taken', bad: 'bad', active: 'active', applied: 'applied', refused: 'refused', discarded: 'discarded', due: 'due', held: 'held',
    queued: 'queued', kept: 'kept', mailboxes: 'mailboxes', written: 'written', relayed: 'relayed', bounced: 'bounced', lost: 'lost', selected: 'selected', unread: 'unread',
  },

  queue: {
    empty: 'Nothing is waiting.', emptyHint: 'Mail waits here for its next try, or to be returned or let go. A route rule brings it here:',
    deliveries: (n) => many(n, 'delivery', 'deliveries'),
    actions: { retry: 'Retry now', freeze: 'Freeze', thaw: 'Thaw', bounce: 'Bounce', delete: 'Delete', requeue: 'Requeue' },
    askHint: { bounce: 'It is given up, and its sender is told.', delete: 'It is given up, and nobody is told. This cannot be undone.' },
  },

  attempts: {
    empty: 'Nothing went wrong.', emptyHint: 'What a client tried and did not get through is kept here. To see one, send mail to:',
    filter: 'Filter by recipient', clear: 'Clear', ask: 'Clear all attempts?', askHint: 'What clients tried is forgotten. This cannot be undone.',
    message: 'Message', body: (size) => `Body, ${size}`, tryRule: 'Try a rule…',
  },

  sessions: {
    empty: 'Nobody has connected yet. Try it:', filter: 'Client, HELO or user', all: 'All', open: 'Open', wrong: 'With errors',
    ends: { '': 'open', quit: 'ended', left: 'left without QUIT', timeout: 'timed out', rule: 'cut off by a rule', shutdown: 'shut down', closed: 'closed by us' },
    errors: (n) => many(n, 'error', 'errors'), first: 'first command after', answer: 'message answered in',
    weight: { 4: 'temporary', 5: 'permanent' },
  },

  rules: {
    empty: 'No rules: all mail is kept in the mailboxes of its recipients.', text: 'Rule', words: 'Words that can come next',
    add: 'Add', save: 'Save', edit: 'Edit', reset: 'Reset counters', ask: 'Delete this rule?', file: 'from file',
    applied: (n) => `applied ${n.toLocaleString('en-GB')}×`, asked: (n) => `asked ${n.toLocaleString('en-GB')}×`, magic: 'Magic addresses: they work without a rule',
  },

  ruleStarts: {
    greylist: 'Greylist this address twice', rate: 'Gmail rate limit', full: 'Mailbox full', spam: 'Rejected as spam',
    lost: 'The 250 gets lost', slow: 'Slow server', relay: 'Relay to…', bounce: 'Bounce later',
  },

  // What the words of rules mean; … is where a value stands.
  ruleSays: {
    comma: ', ', colon: ': ', not: 'not …', at: 'At …',
    connect: 'When a client connects', handshake: 'When TLS begins', banner: 'At the greeting', auth: 'At login', dot: 'At the final dot', route: 'Once accepted', login: 'At POP3 login', retr: 'At POP3 RETR',
    to: 'to …', from: 'from …', client: 'client …', helo: 'HELO …', user: 'user …', tls: 'TLS …', sni: 'server name …', port: 'port …', size: 'size …', query: 'found by …',
    first: 'only the first …', nth: 'only number …', every: 'one in …', until: 'until … after the first', after: 'once … have passed since the first', rate: 'beyond …', chance: 'by a chance of …%', per: 'counted by …',
    reply: '…', delay: 'wait …', drip: '… octets a second', hang: 'say nothing …', drop: 'close the connection', hide: 'hide …', offer: 'offer …', garbage: '… octets of nonsense', pass: 'go on as usual',
    keep: 'keep it', discard: 'accept it, keep nothing', relay: 'relay it to …', hold: 'hold it in the queue', bounce: 'accept it, then bounce with …', defer: 'try in vain with …', lose: 'into Badmail …',
    warn: 'keep it, report a delay with …', autoreply: 'keep it, send an out-of-office reply', complain: 'keep it, send an abuse complaint',
    cut: 'after … octets', reset: 'with RST', stored: 'once it is stored', close: 'then close', dialect: 'as … writes it', later: '… later',
  },

  ruleTrial: {
    title: 'Try against', choose: 'a past attempt or message…', tried: 'This rule', nobody: 'No rule has anything to say to it.',
    verdicts: { yes: 'applies', counts: 'would count', late: 'not reached', no: 'no match' }, was: (found) => `does not hold: it was ${found}`, unknown: 'unknown',
  },

  clock: {
    hint: 'Retries, delays, expiry and ages follow this clock', real: 'As the system’s', ahead: (span) => `${span} ahead`, behind: (span) => `${span} behind`, frozen: 'frozen',
    times: (n) => `${n.toLocaleString('en-GB')}× as fast`, nextDue: 'Next falls due', nothingDue: 'Nothing will fall due.', toNext: 'To the next', speed: 'Speed',
  },

  pipeline: {
    title: 'Pipeline', off: 'off', next: (when) => `next ${when}`,
    senders: 'Senders', pickup: 'Pickup', refused: 'Refused', mailboxes: 'Mailboxes', drop: 'Drop', relayed: 'Next hops',
  },

  timeline: {
    title: 'What happened', next: (when) => `Next: ${when}`, rule: (name) => `rule ${name}`, report: 'See the report', original: 'See the original',
  },

  release: {
    open: 'Release…', title: 'Release this message', hop: 'Next hop', action: 'Release', done: (hop) => `In the queue for ${hop}`,
    text: 'It leaves Postroom: a copy goes as it is, by way of the queue, to the next hop, whatever rules say. Who is named here may really get it.',
  },

  resend: {
    open: 'Send again…', title: 'Send this message again', action: 'Send again', text: 'The same octets come in once more, as new mail here. Rules say what becomes of it.',
  },

  compose: {
    open: 'Compose', reply: 'Reply as recipient', replyAll: 'Reply to all', send: 'Send', sent: 'Sent', show: 'Show',
    hint: 'It comes in here, and rules say what becomes of it. With a next hop it leaves Postroom instead, by way of the queue, whatever rules say.',
    from: 'From', to: 'To', cc: 'Cc', bcc: 'Bcc', subject: 'Subject', text: 'Text', files: 'Attachments', headers: 'Headers', more: 'More recipients, envelope, headers',
    asFrom: 'as From; <> is the null sender', asHeaders: 'as To, Cc and Bcc', here: 'none: mailboxes here', detach: (name) => `Remove ${name}`,
    discard: 'Discard draft', discarded: 'Draft discarded', replace: 'Discard the draft?',
  },

  mailboxes: {
    title: 'Mailboxes',
    none: 'Each recipient gets a mailbox of its own when mail comes.',
    count: (messages, unseen) => `${many(messages, 'message', 'messages')}, ${unseen} unread`,
  },

  list: {
    title: 'Messages',
    fresh: (n) => `${n.toLocaleString('en-GB')} new`,
    selected: (n) => `${n.toLocaleString('en-GB')} selected`,
    loading: 'Loading messages…',
    empty: 'No mail yet. It shows here the moment it arrives.',
    unread: 'Unread',
    attachments: (n) => many(n, 'attachment', 'attachments'),
    others: (first, more) => (more ? `${first} +${more}` : first),
  },

  undo: { undo: 'Undo' },

  search: {
    placeholder: 'Search mail', clear: 'Clear search',
    found: (n, more) => `${n.toLocaleString('en-GB')}${more ? '+' : ''} found`, none: 'Nothing found', everywhere: 'Search all mail',
    teach: 'Words are found anywhere in a mail. Operators say where to look, quotes keep words together, - is not, OR is either:',
    examples: ['from:app subject:invoice', '-has:attachment after:24h', '"your order" OR subject:/^re:/'],
    operators: {
      from: 'Sender, in the header or the envelope', to: 'Recipient in the header', cc: 'Recipient in the header', bcc: 'Recipient in the header', rcpt: 'Recipient in the envelope', mailbox: 'Where it is',
      subject: 'What it says', body: 'What it says', header: 'Any header: X-Name or X-Name=value', attachment: 'File name or content type', id: 'The message with that id',
      larger: 'Size: 10k, 1.5M', smaller: 'Size: 10k, 1.5M',
      after: 'A date in UTC, or an age in s, m, h, d or w', before: 'A date in UTC, or an age in s, m, h, d or w', is: 'unread, read or bounce', has: 'attachment or html',
    },
  },

  message: {
    loading: 'Loading message…', none: 'No message open', gone: 'This message is gone', goneHint: 'It was deleted, or made room for newer mail.',
    to: 'to', moreRecipients: (n) => `+${n} more`, defects: (n) => many(n, 'defect', 'defects'),
    envelope: 'Envelope', envelopeFrom: (address) => `envelope ${address || '<>'}`,
    onlyHeaders: (n) => `+${n} only in headers`, notSent: (list) => `In To or Cc, but not in the envelope: ${list}`,
    tabs: { preview: 'Preview', text: 'Text', source: 'HTML', headers: 'Headers', structure: 'Structure', raw: 'Raw', session: 'Session', checks: 'Checks' },
    htmlFrame: 'The mail as HTML', noHtml: 'This mail has no HTML part.', noText: 'This mail has no text part.',
    remote: (n, loaded) => `${many(n, 'remote reference', 'remote references')} ${loaded ? 'loaded' : 'blocked'}`, remoteLoad: 'Load', remoteBlock: 'Block again',
    decoded: 'Decoded', rawHeaders: 'As sent', part: (shown, total, from) => `${from ? `From byte ${from}:` : 'The first'} ${shown} of ${total}`,
  },

  mail: {
    width: 'Width', widths: { phone: 'Phone', tablet: 'Tablet', full: 'Full' }, zoom: 'Zoom', print: 'Print, in a tab of its own', code: 'Code', links: 'Links', find: 'Find', previous: 'Previous', next: 'Next',
    save: 'Download it to look at it.', reportOn: 'A report on', reportedBy: 'Reported on by',
    at: (offset) => `byte ${offset}`, fine: 'Nothing was found to be wrong.', notes: 'Notes',
    lacks: (name) => `There is no ${name} header.`, fromDiffers: (header, envelope) => `From is ${header}, the envelope says ${envelope} (MAIL FROM).`,
    blind: (list) => `Blind copies, in the envelope but in no header: ${list}`, noText: 'There is HTML but no text.',
    plain: (n) => `${many(n, 'link is', 'links are')} unencrypted (http:).`,
  },

  session: {
    title: 'Session', remote: 'Client', local: 'Server', transcript: 'Transcript', forgotten: 'The transcript is gone, or there was none: only the latest are kept.',
  },

  actions: {
    back: 'Back', close: 'Close', mailboxes: 'Mailboxes', unread: 'Mark as unread', read: 'Mark as read', allRead: 'Mark all as read',
    remove: 'Delete', emptyBox: 'Empty mailbox', emptyAll: 'Delete all mail', download: 'Download', cancel: 'Cancel',
    keys: 'Keyboard', setup: 'How to send mail here', copy: 'Copy', copied: 'Copied', retry: 'Try again',
    drag: 'Resize pane', more: 'Show more',
  },

  ask: {
    empty: (box) => `Empty ${box}?`,
    hint: (n, box) => `${many(n, 'message', 'messages')} will be deleted ${box ? 'here. What other mailboxes hold stays.' : 'from all mailboxes, and from the queue.'}`,
  },

  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },

  status: {
    connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting',
    messages: (n) => many(n, 'message', 'messages'), rules: (n) => many(n, 'rule', 'rules'), rateHint: 'Mails per second, for a minute',
    caughtUp: (n) => `caught up, ${many(n, 'event', 'events')}`, lagged: 'too much was missed: listed again',
  },

  keys: { list: 'List and queue', message: 'Message', go: 'Go to', everywhere: 'Everywhere' },

  commands: {
    compare: 'Compare with…',
    next: 'Next or previous message', open: 'Open message', select: 'Select', extend: 'Select downwards or upwards', selectAll: 'Select all', undo: 'Undo deleting', retry: 'Retry now, or requeue', empty: 'Delete all mail here…',
    seen: 'Mark as unread or read', reply: 'Reply', replyAll: 'Reply to all', resend: 'Resend…', release: 'Release…', compose: 'Compose', tabs: 'Tabs of the message', close: 'Close message, clear search',
    filter: 'Filter mailboxes', search: 'Search', setup: 'How to send mail here', sample: 'Send a sample mail', help: 'Keyboard',
    palette: 'All commands', forgetSearches: 'Forget earlier searches', settings: 'Settings', logOut: 'Log out', pin: 'Pin this mailbox, or unpin it',
  },

  compare: {
    title: 'Compare', difference: 'Difference', hint: 'Black is equal; what has colour differs.',
    same: 'No difference.', differing: (n) => many(n, 'line differs', 'lines differ'), equal: (n) => `${n.toLocaleString('en-GB')} equal lines`,
    pick: (subject) => `Open the message to compare “${subject}” with`, like: 'Previous one like it',
  },

  palette: {
    hint: 'Command, mailbox or message', kinds: { command: 'Command', place: 'Go to', mailbox: 'Mailbox', search: 'Search', message: 'Message' },
  },

  settings: {
    language: 'Language', density: { title: 'Rows', comfortable: 'Comfortable', compact: 'Compact' },
    times: { title: 'Times', relative: 'Relative', exact: 'Exact' }, grouping: { title: 'Group by domain', auto: 'If many', on: 'Always', off: 'Never' },
    notify: { title: 'Notifications', off: 'Off', all: 'All mail' },
    denied: 'The browser does not allow them here. They need localhost or HTTPS.',
  },

  server: { filter: 'Filter settings', sources: { default: 'default', flag: 'flag', environment: 'environment', api: 'changed here' } },

  notify: { mails: (n) => many(n, 'new message', 'new messages') },

  welcome: {
    title: 'Waiting for the first mail', snippets: 'Settings for your framework',
    lead: 'Point your application at this address. Any sender, any recipient, any user name and password will do. Nothing is sent on.',
  },

  toast: {
    deleted: (n) => `${many(n, 'message', 'messages')} deleted`,
    copyFailed: 'The browser did not allow copying. Select the text and copy it by hand.',
  },

  errors: {
    load: 'This could not be loaded.', change: 'That did not work.', status: (code) => `The server answered ${code}`,
    unreachable: 'Postroom does not answer. Is it still running? The page tries again as soon as it is back.',
  },
};
