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
    milliseconds: (n) => `${n} ms`, now: 'now', minutes: (n) => `${n} min`, hours: (n) => `${n} h`, days: (n) => many(n, 'day', 'days'), seconds: (n) => `${n} s`,
    in: (span) => `in ${span}`, ago: (span) => span, due: 'due',
  },

  places: {
    queue: 'Queue', badmail: 'Badmail', done: 'Done', sessions: 'Sessions', attempts: 'Attempts', rules: 'Rules', clock: 'Clock',
    hints: {
      queue: 'Mail that waits to be relayed, returned or let go',
      badmail: 'Mail that could be neither delivered nor returned to its sender',
      done: 'Mail that has left the queue for elsewhere',
      attempts: 'What clients tried that was refused or broken off',
      rules: 'What goes wrong on command, and where mail goes',
      sessions: 'Who talks to the server, what was said, and how long it took',
    },
  },

  states: {
    delivered: 'delivered', queued: 'queued', held: 'held', bouncing: 'bouncing', relayed: 'relayed', bounced: 'bounced', reported: 'reported', lost: 'Badmail',
  },

  did: {
    received: 'received', kept: 'kept', queued: 'queued', held: 'held', thawed: 'let go', retried: 'retried', rerouted: 'rerouted', deferred: 'deferred', relayed: 'relayed', failed: 'failed', expired: 'expired',
    bounced: 'bounced', warned: 'delay reported', released: 'released', lost: 'Badmail', refused: 'refused', dropped: 'dropped', hung: 'hung', garbled: 'garbled', discarded: 'discarded',
  },

  queue: {
    loading: 'Loading the queue…',
    hops: 'Next hops',
    empty: 'Nothing is waiting.',
    emptyHint: 'Mail waits here on its way to another server, for its next try, or until it is returned to its sender. A route rule brings it here:',
    onlyHop: 'Show only what waits for this',
    waiting: (n) => `${n.toLocaleString('en-GB')} waiting`, held: (n) => `${n.toLocaleString('en-GB')} held`, active: (n) => `${n.toLocaleString('en-GB')} under way`,
    frozen: 'frozen', next: (when) => `next try ${when}`,
    deliveries: (n, more) => `${n.toLocaleString('en-GB')}${more ? '+' : ''} ${n === 1 ? 'delivery' : 'deliveries'}`,
    selected: (n) => `${n.toLocaleString('en-GB')} selected`, select: (address) => `Select ${address}`, selectAll: 'Select all',
    tries: (n) => many(n, 'try', 'tries'),
    actions: { retry: 'Retry now', freeze: 'Freeze', thaw: 'Thaw', bounce: 'Bounce', reroute: 'Reroute…', delete: 'Delete', requeue: 'Requeue' },
    ask: { bounce: (n) => `Bounce ${many(n, 'delivery', 'deliveries')}?`, delete: (n) => `Delete ${many(n, 'delivery', 'deliveries')}?` },
    askHop: { bounce: (hop) => `Bounce all that waits for ${hop}?`, delete: (hop) => `Delete all that waits for ${hop}?` },
    askHint: { bounce: 'It is given up, and its sender is told.', delete: 'It is given up, and nobody is told. This cannot be undone.' },
    done: {
      retry: (n) => `${many(n, 'delivery is', 'deliveries are')} tried now`, freeze: (n) => `${many(n, 'delivery', 'deliveries')} frozen`,
      thaw: (n) => `${many(n, 'delivery', 'deliveries')} let go`, bounce: (n) => `${many(n, 'delivery', 'deliveries')} given up`,
      reroute: (n) => `${many(n, 'delivery has', 'deliveries have')} another route`, delete: (n) => `${many(n, 'delivery', 'deliveries')} deleted`,
      requeue: (n) => `${many(n, 'delivery', 'deliveries')} put back into the queue`,
    },
    route: 'Route', routeHint: 'Where it goes instead, as the action of a route rule: relay smtp://host:port, bounce, keep…',
  },

  attempts: {
    loading: 'Loading attempts…', empty: 'Nothing went wrong.',
    emptyHint: 'What a client tried and did not get through is kept here: who, what, which rule, and what the client was told.',
    of: 'Whose address', to: 'To', from: 'From', filter: 'Filter by address', clear: 'Clear',
    ask: 'Clear all attempts?', askHint: 'What clients tried is forgotten. This cannot be undone.', message: 'Message', body: (size) => `Body, ${size}`,
  },

  sessions: {
    title: 'Sessions', empty: 'Nobody has connected yet.', filter: 'Client, HELO or user', all: 'All', open: 'Open', wrong: 'With errors',
    emptyHint: 'Each connection shows here while it lasts, with all that is said. Try one:',
    ends: { '': 'open', quit: 'ended', left: 'left without QUIT', timeout: 'timed out', rule: 'cut off by a rule', shutdown: 'shut down', closed: 'closed by us' },
    errors: (n) => many(n, 'error', 'errors'), first: (span) => `first command after ${span}`, answer: (span) => `message answered in ${span}`,
    took: (who, span) => `${who} took ${span}`, turn: (who) => `${who}’s turn`,
    weight: { 4: 'temporary', 5: 'permanent' },
    codes: {
      1.1: 'no such mailbox', 1.2: 'no such domain', 1.3: 'not an address', 2.1: 'mailbox disabled', 2.2: 'mailbox full', 3.4: 'message too large', 4.2: 'connection broke',
      5.1: 'wrong order, or unknown', 5.2: 'cannot be read', 5.3: 'too many recipients', 5.4: 'bad parameter', 7.1: 'refused by policy', 7.8: 'wrong password', 7.26: 'SPF or DKIM failed',
    },
  },

  rules: {
    loading: 'Loading rules…', empty: 'No rules: all mail is kept in the mailboxes of its recipients.', text: 'Rule',
    add: 'Add', save: 'Save', saved: 'Rule saved', edit: 'Edit', reset: 'Reset counters', resetAll: 'Reset all counters', ask: 'Delete this rule?',
    applied: (n) => `applied ${n.toLocaleString('en-GB')}×`, asked: (n) => `asked ${n.toLocaleString('en-GB')}×`, last: (when) => `last ${when}`,
    file: 'from file', owner: (name) => `owner ${name}`, expires: (when) => `expires ${when}`,
    magic: 'Magic addresses', magicHint: 'They work without a rule. Copy one and send mail to it.',
    presets: 'Presets', presetsHint: 'Real replies of big providers, by name: reply and the name in a rule.',
  },

  ruleEditor: {
    words: 'Words that can come next', starts: 'Rules to begin with', filter: 'Filter addresses and presets', times: (n) => `${n.toLocaleString('en-GB')}×`,
  },

  ruleStarts: {
    greylist: 'Greylist twice', rate: 'Gmail rate limit', full: 'Mailbox full', unknown: 'Unknown user', spam: 'Rejected as spam', cut: 'Connection drops in DATA',
    lost: 'The 250 gets lost', slow: 'Slow server', busy: 'Too busy, one in five', relay: 'Relay to…', hold: 'Hold until let go', bounce: 'Bounce later',
  },

  ruleSays: {
    comma: ', ', colon: ': ', or: ' or ',
    stages: {
      connect: 'When a client connects', banner: 'At the greeting', ehlo: 'At EHLO', starttls: 'At STARTTLS', auth: 'At login', mail: 'At MAIL', rcpt: 'At RCPT', data: 'At DATA',
      dot: 'At the final dot', rset: 'At RSET', quit: 'At QUIT', route: 'Once accepted', login: 'At POP3 login', retr: 'At POP3 RETR',
    },
    fields: { to: 'to', from: 'from', client: 'client', helo: 'HELO', user: 'user', tls: 'TLS', size: 'size', query: 'found by' },
    is: (field, value, not) => `${not ? 'not ' : ''}${field} ${value}`,
    times: {
      first: (n) => (n === 1 ? 'the first time' : `the first ${n} times`), nth: (n) => `time number ${n} only`, every: (n) => `every ${n} times`, until: (time) => `until ${time} after the first`,
      after: (time) => `once ${time} have passed since the first`, rate: (rate) => `beyond ${rate}`, chance: (percent) => `by a chance of ${percent}%`, per: (names) => `counted by ${names.join(', ')}`,
    },
    actions: {
      reply: (reply) => reply, delay: (_, { for: time }) => `wait ${time}`, drip: (_, { rate }) => `${rate} octets a second`, hang: (_, { for: time }) => (time ? `say nothing for ${time}, then close` : 'say nothing more'),
      drop: (_, { octets, reset, stored }) => `${stored ? 'store it, then ' : ''}close the connection${octets ? ` after ${octets} octets of the message` : ''}${reset ? ' with RST' : ''}`,
      hide: (_, { keywords }) => `hide ${keywords.join(', ')}`, offer: (_, { keywords }) => `offer ${keywords.join(', ')}`, garbage: (_, { octets }) => `${octets} octets of nonsense`, pass: () => 'go on as usual',
      keep: () => 'keep it', discard: () => 'accept it, keep nothing', relay: (_, { url }) => `relay it to ${url}`, hold: () => 'hold it in the queue', bounce: (reply) => `accept it, then bounce with ${reply}`,
      defer: (reply) => `try in vain with ${reply}`, lose: (reply) => (reply ? `into Badmail with ${reply}` : 'into Badmail'), warn: (reply) => `keep it, report a delay with ${reply}`,
      autoreply: () => 'keep it, send an out-of-office reply', complain: () => 'keep it, send an abuse complaint',
    },
    close: 'then close', dialect: (name) => `as ${name} writes it`, after: (time) => `${time} later`,
  },

  ruleTrial: {
    title: 'Try against', choose: 'a past attempt or message…', tried: 'This rule', write: 'Write a rule above to see what it would have said.', present: 'Rules in force', nobody: 'None of them has anything to say to it.',
    verdicts: { yes: 'applies', counts: 'would count', no: 'no match' },
    nothing: { user: 'nobody', tls: 'no TLS', query: 'a mail that it does not find' },
    was: (found) => `does not hold: it was ${found}`, unknown: 'does not hold: that is not known', reply: 'The client would get', counts: 'if the count says so', notReached: 'but it never came that far',
    gone: 'That attempt or message is no longer known.',
  },

  attemptRows: {
    nothing: 'no reply', limit: 'limit', tryRule: 'Try a rule…', all: 'Show all', provoke: 'To see one, send mail to one of these:',
  },

  clock: {
    hint: 'Retries, delays, expiry and ages follow this clock', real: 'As the system’s', ahead: (span) => `${span} ahead`, behind: (span) => `${span} behind`, frozen: 'frozen',
    times: (n) => `${n.toLocaleString('en-GB')}× as fast`, nextDue: 'Next falls due', nothingDue: 'Nothing will fall due.', toNext: 'To the next',
    freeze: 'Freeze', resume: 'Resume', speed: 'Speed', running: 'Running what falls due…',
    nothingRan: 'Nothing fell due',
  },

  pipeline: {
    title: 'Pipeline', tries: 'Coming tries', frozen: 'frozen: nothing is tried until it is thawed', held: 'until it is let go',
    stations: {
      senders: ['Senders', 'received'], pickup: ['Pickup', 'waiting'], rules: ['Rules', 'active'], refused: ['Refused', 'attempts'], queue: ['Queue', 'waiting'],
      mailboxes: ['Mailboxes', 'kept'], drop: ['Drop', 'written'], relayed: ['Next hops', 'relayed'], badmail: ['Badmail', 'lost'],
    },
    off: 'off', pickup: '--pickup FOLDER sends the files that are put into a folder', drop: '--drop FOLDER writes each mail into a folder too',
    counted: {
      open: 'open now', taken: 'taken', bad: 'bad', discarded: 'discarded', due: 'due', held: 'held', bounced: 'bounced', written: 'written',
      attempt: 'tried', relayed: 'relayed', badmail: 'to Badmail', delayed: 'delayed', expired: 'expired',
    },
    next: (when) => `next ${when}`, mailboxes: (n) => `in ${many(n, 'mailbox', 'mailboxes')}`,
  },

  timeline: {
    title: 'What happened', next: (when) => `Next: ${when}`, rule: (name) => `rule ${name}`, report: 'See the report', original: 'See the original', about: 'A report of Postroom.',
  },

  release: {
    open: 'Release…', title: 'Release this message', text: 'It leaves Postroom: a copy goes as it is, by way of the queue, to the next hop, whatever rules say. Who is named here may really get it. The caught one stays.',
    to: 'To', hop: 'Next hop', from: 'From (reverse-path)', fromHint: 'Empty is the null sender: no bounces', action: 'Release', done: (hop) => `Released into the queue, for ${hop}`, queue: 'Queue',
  },

  resend: {
    open: 'Send again…', title: 'Send this message again', text: 'The same octets come in once more, as new mail here. Rules say what becomes of it. The first one stays.',
    action: 'Send again', done: 'Sent again',
  },

  compose: {
    open: 'Compose', title: 'New mail', replyTitle: 'Reply', reply: 'Reply as recipient', replyAll: 'Reply to all', as: 'Reply as',
    from: 'From', to: 'To', cc: 'Cc', bcc: 'Bcc', copies: 'Cc Bcc', text: 'Plain text', html: 'HTML', headers: 'Headers', files: 'Attachments', subject: 'Subject', format: 'Body',
    more: 'Envelope and headers', asFrom: 'as From', asHeaders: 'as To, Cc and Bcc',
    way: 'Send to', here: 'Mailboxes here', hereHint: 'It comes in here, and rules say what becomes of it.',
    hopHint: 'It leaves Postroom: by way of the queue it goes to this server, whatever rules say.', noHop: 'Name the server, such as smtp://app:2525.',
    attach: 'Attach', detach: (name) => `Remove ${name}`, reading: (name) => `Reading ${name}`,
    lost: 'not kept, attach again', notRead: 'A file is not read yet, or was too large to be kept: remove it or attach it again.', unreadable: (name) => `${name} could not be read.`, tooLarge: (size) => `The mail would be larger than ${size}, which is all that the server takes.`,
    send: 'Send', sending: 'Sending…', sent: 'Sent', queued: (hop) => `In the queue for ${hop}`, show: 'Show', minimise: 'Minimise',
    discard: 'Discard draft', discarded: 'Draft discarded', undo: 'Undo', replyFailed: 'The reply could not be begun.',
    askReplace: 'Discard the draft?', askReplaceHint: (subject) => `“${subject}” is not sent yet.`,
  },

  mailboxes: {
    pin: { yes: 'Pin on top', no: 'Unpin' }, noDomain: 'no domain',
    title: 'Mailboxes',
    filter: 'Filter mailboxes',
    none: 'Each recipient gets a mailbox of its own when mail comes.',
    noMatch: (text) => `No mailbox matches “${text}”.`,
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

  undo: { undo: 'Undo', hint: 'Final after 8 seconds, or when you leave (z)' },

  search: {
    offers: 'Completions and earlier searches', forget: 'Forget',
    placeholder: 'Search mail',
    clear: 'Clear search',
    help: 'What can be searched for',
    found: (n, more) => `${n.toLocaleString('en-GB')}${more ? '+' : ''} found`,
    none: 'Nothing found',
    everywhere: 'Search all mail',
    teach: 'Words are found anywhere in a mail; operators such as from: and has: say where to look.',
    examples: ['from:app subject:invoice', 'has:attachment after:24h'],
    language: [
      [['invoice', '"your order"'], 'Words and phrases: in subject, names, addresses, text and names of attachments'],
      [['from:', 'to:', 'cc:', 'bcc:'], 'Addresses; from: looks at the envelope’s sender too'],
      [['rcpt:', 'mailbox:'], 'Recipients of the envelope; the mailbox it is in'],
      [['subject:', 'body:'], 'What it says'],
      [['header:X-Name', 'header:X-Name=value'], 'Any header'],
      [['attachment:pdf'], 'File name or content type of an attachment'],
      [['id:'], 'The message with that id'],
      [['larger:10k', 'smaller:1.5M'], 'Size in bytes'],
      [['after:2026-01-31', 'before:2h'], 'When it came: a date in UTC, or an age in s, m, h, d or w'],
      [['is:unread', 'is:read', 'is:bounce'], 'State'],
      [['has:attachment', 'has:html'], 'Parts'],
      [['-from:app'], 'Not'],
      [['cat OR dog', '(cat OR dog) bird'], 'Either; otherwise all must match'],
      [['/ord-[0-9]+/', 'subject:/^re:/'], 'Regular expressions'],
    ],
  },

  message: {
    loading: 'Loading message…',
    none: 'No message open',
    gone: 'This message is gone',
    goneHint: 'It was deleted, or made room for newer mail.',
    to: 'to',
    bcc: 'Bcc',
    bccHint: 'A recipient of the envelope that stands in no header',
    envelopeFrom: (address) => `envelope ${address || '<>'}`,
    envelopeFromHint: 'MAIL FROM differs from the From header',
    notSent: (n) => `+${n} only in headers`,
    notSentHint: (list) => `In To or Cc, but not among the recipients of the envelope: ${list}`,
    moreRecipients: (n) => `+${n} more`,
    defects: (n) => many(n, 'defect', 'defects'),
    tabs: { preview: 'Preview', text: 'Text', source: 'HTML', headers: 'Headers', structure: 'Structure', raw: 'Raw', session: 'Session', checks: 'Checks' },
    htmlFrame: 'The mail as HTML',
    remote: (n) => `${many(n, 'remote reference', 'remote references')} blocked`,
    remoteLoad: 'Load',
    remoteLoaded: (n) => `${many(n, 'remote reference', 'remote references')} loaded`,
    remoteBlock: 'Block again',
    noHtml: 'This mail has no HTML part.',
    noText: 'This mail has no text part.',
    noHeaders: 'This mail has no headers.',
    emptyText: 'The text part is empty.',
    download: 'Download',
    decoded: 'Decoded',
    rawHeaders: 'As sent',
    rawLoading: 'Loading the source…',
    rawEmpty: 'The message is empty.',
    part: (shown, total) => `The first ${shown} of ${total}.`,
    downloadAll: 'Download the whole message',
    openText: 'Open the whole text',
    unnamed: (part) => `part ${part}`,
  },

  mail: {
    width: 'Width', full: 'Full', tablet: 'Tablet', phone: 'Phone', smaller: 'Smaller', larger: 'Larger', print: 'Open alone in a tab, to print it there',
    code: 'Code', links: 'Links', find: 'Find', previous: 'Previous', next: 'Next', wrap: 'Wrap long lines', stretch: (from, to, total) => `Bytes ${from} to ${to} of ${total}.`,
    notIn: (address) => `${address} not in envelope`, parts: 'Parts', size: 'Size', encoded: (size) => `${size}, encoded`, first: (size) => `The first ${size}.`,
    save: 'Download it to look at it.', unreadable: 'It cannot be read as what it says it is.',
    time: 'When', place: 'Where', status: 'Status', repeats: 'Repeats', organizer: 'Organizer', attendees: 'Attendees', local: 'local time', here: (time) => `${time} here`,
    forgotten: 'The transcript is gone: only those of the latest sessions are kept.', noSmtp: 'This mail did not come over SMTP, so nothing was said.',
    delivered: (n) => (n === 1 ? 'delivered' : `delivered to ${n}`), took: 'From the start of the connection to the receipt', inAll: (time) => `${time} in all`,
    reportOn: 'A report on', reportedBy: 'Reported on by', fine: 'Nothing was found to be wrong.', notes: 'Notes',
    lacks: (name) => `There is no ${name} header.`, fromDiffers: (header, envelope) => `From is ${header}, the envelope says ${envelope} (MAIL FROM).`,
    blind: (list) => `Blind copies, in the envelope but in no header: ${list}`, noText: 'There is HTML but no text for readers without HTML.',
    remote: (n) => `${many(n, 'remote reference', 'remote references')} in the HTML; many readers block these at first.`, plain: (n) => `${many(n, 'link is', 'links are')} unencrypted (http:).`,
  },

  envelope: {
    title: 'Envelope', from: 'From', to: 'To', ret: 'RET', id: 'ENVID', body: 'Body', utf8: 'SMTPUTF8', yes: 'yes',
    notify: (conditions) => `notify ${conditions}`, orcpt: (address) => `orcpt ${address}`,
  },

  session: {
    title: 'Session', protocol: 'Protocol', remote: 'Client', local: 'Server', helo: 'HELO', user: 'User',
    tls: 'TLS', none: 'none', started: 'Since', id: 'Id', transcript: 'Transcript', unknown: 'This mail did not come over a connection.',
  },

  defects: { title: 'Defects', at: (part, offset) => [part && `part ${part}`, offset > 0 && `byte ${offset}`].filter(Boolean).join(', ') },

  actions: {
    back: 'Back', close: 'Close', mailboxes: 'Mailboxes', unread: 'Mark as unread', read: 'Mark as read', allRead: 'Mark all as read',
    remove: 'Delete', emptyBox: 'Empty mailbox', emptyAll: 'Delete all mail', download: 'Download', cancel: 'Cancel',
    keys: 'Keyboard', setup: 'How to send mail here', copy: 'Copy', copied: 'Copied', retry: 'Try again', dismiss: 'Dismiss',
    drag: 'Resize pane', more: 'Show more',
  },

  ask: {
    emptyBox: (box) => `Empty ${box}?`,
    emptyBoxHint: (n) => `${many(n, 'message', 'messages')} will leave this mailbox. What other mailboxes hold stays.`,
    emptyAll: 'Delete all mail?',
    emptyAllHint: (n) => `${many(n, 'message', 'messages')} will be deleted from all mailboxes.`,
  },

  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },

  status: {
    connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting',
    liveHint: 'New mail shows by itself', reconnectingHint: 'The connection is lost; new mail shows when it is back',
    messages: (n) => many(n, 'message', 'messages'), unread: (n) => `${n.toLocaleString('en-GB')} unread`,
    rate: (n) => `${n.toLocaleString('en-GB')}/s`, rateHint: (most) => `Mails per second over the last minute, at most ${most.toLocaleString('en-GB')}`,
    storeHint: 'What the store holds', rules: (n) => many(n, 'rule', 'rules'), rulesHint: 'Active rules, and how often they were applied',
    queue: (n) => `${n.toLocaleString('en-GB')} queued`, queueHint: 'Deliveries in the queue, and when the next falls due',
    caughtUp: (n) => (n ? `caught up, ${many(n, 'event', 'events')}` : 'nothing missed'), lagged: 'too much was missed: listed again',
  },

  keys: {
    title: 'Keyboard', then: 'then',
    places: { list: 'List and queue', message: 'Message', go: 'Go to', everywhere: 'Everywhere' },
  },

  commands: {
    compare: 'Compare with…',
    next: 'Next message', previous: 'Previous message', open: 'Open message', select: 'Select', extend: 'Select downwards', extendUp: 'Select upwards', selectAll: 'Select all', undo: 'Undo deleting', retry: 'Retry now, or requeue', allRead: 'Mark all as read', empty: 'Delete all mail here…',
    seen: 'Mark as unread or read', remove: 'Delete message', reply: 'Reply', replyAll: 'Reply to all', resend: 'Resend…', release: 'Release…', compose: 'Compose', tabs: 'Tabs of the message', close: 'Close message, clear search',
    filter: 'Filter mailboxes', search: 'Search', clock: 'Clock', setup: 'How to send mail here', sample: 'Send a sample mail', help: 'Keyboard',
    palette: 'All commands', copyLink: 'Copy link to this place', forgetSearches: 'Forget earlier searches', settings: 'Settings', pin: 'Pin this mailbox, or unpin it',
  },

  compare: {
    title: 'Compare', what: 'What to compare', tabs: { rendered: 'Rendered', text: 'Text', html: 'HTML source', headers: 'Headers' },
    swap: 'Swap sides', comparing: 'Comparing…', same: 'No difference.', differing: (n) => `${many(n, 'line differs', 'lines differ')}`, equal: (n) => `${n.toLocaleString('en-GB')} equal lines`,
    how: 'How', beside: 'Side by side', overlay: 'Difference', overlayHint: 'Black is equal; what has colour differs.',
    width: 'Width', widths: { phone: 'Phone', tablet: 'Tablet', full: 'Full' },
    pick: (subject) => `Open the message to compare “${subject}” with`, like: 'Previous one like it',
  },

  palette: {
    hint: 'Command, mailbox or message', search: (text) => `Search mail for “${text}”`, kinds: { command: 'Command', place: 'Go to', mailbox: 'Mailbox', search: 'Search', message: 'Message' },
  },

  settings: {
    title: 'Settings', language: 'Language', density: 'Rows', densities: { comfortable: 'Comfortable', compact: 'Compact' },
    times: 'Times', timesAs: { relative: 'Relative', exact: 'Exact' }, grouping: 'Group by domain', groupings: { auto: 'If many', on: 'Always', off: 'Never' },
    notify: 'Notifications', notifyOf: { off: 'Off', all: 'All mail', pinned: 'Pinned mailboxes' },
    denied: 'The browser does not allow notifications here: see its settings for this site. They need localhost or HTTPS.',
  },

  notify: { mails: (n) => many(n, 'new message', 'new messages') },

  welcome: {
    title: 'Waiting for the first mail',
    setupTitle: 'How to send mail here',
    lead: 'Point your application at this address. Any sender, any recipient, any user name and password will do. Nothing is sent on.',
    smtp: 'Send to (SMTP)', pop3: 'Read over POP3', off: 'off',
    snippets: 'Settings for your framework',
    shell: 'Or from a shell',
    sample: 'Send a sample mail',
    sending: 'Sending…',
    loading: 'Asking for the addresses…',
  },

  toast: {
    deleted: (subject) => `Deleted “${subject}”`,
    emptied: (n) => `${many(n, 'message', 'messages')} deleted`,
    copyFailed: 'The browser did not allow copying. Select the text and copy it by hand.',
  },

  errors: {
    unreachable: 'Postroom does not answer',
    unreachableHint: 'Is the process still running? The page tries again as soon as the connection is back.',
    status: (code) => `The server answered ${code}`,
    listFailed: 'The messages could not be loaded.',
    boxesFailed: 'The mailboxes could not be loaded.',
    messageFailed: 'The message could not be loaded.',
    rawFailed: 'The source could not be loaded.',
    seenFailed: 'Read and unread could not be changed.',
    deleteFailed: 'The message could not be deleted.',
    emptyFailed: 'The mail could not be deleted.',
    sampleFailed: 'The sample mail could not be sent.',
    queueFailed: 'The queue could not be changed.',
    queueLoadFailed: 'The queue could not be loaded.',
    sessionsFailed: 'The sessions could not be loaded.',
    attemptsFailed: 'The attempts could not be loaded.',
    rulesFailed: 'The rules could not be loaded.',
    ruleFailed: 'The rules could not be changed.',
    magicFailed: 'The magic addresses could not be loaded.',
    clockFailed: 'The clock could not be changed.',
    infoFailed: 'The server did not tell its addresses.',
  },
};
