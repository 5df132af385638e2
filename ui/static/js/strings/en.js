const many = (n, one, more) => `${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`;

export default {
  lang: 'en',
  locale: 'en-GB',

  name: 'Postroom',
  allMail: 'All mail',
  nullSender: '<> (null sender)',
  noSubject: '(no subject)',

  time: {
    now: 'now', minutes: (n) => `${n} min`, hours: (n) => `${n} h`, days: (n) => many(n, 'day', 'days'), seconds: (n) => `${n} s`,
    in: (span) => `in ${span}`, ago: (span) => span, due: 'due',
  },

  places: {
    queue: 'Queue', badmail: 'Badmail', done: 'Done', attempts: 'Attempts', rules: 'Rules', clock: 'Clock',
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
    requeueAll: 'Requeue all',
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

  rules: {
    loading: 'Loading rules…', empty: 'No rules: all mail is kept in the mailboxes of its recipients.', text: 'Rule',
    add: 'Add', save: 'Save', saved: 'Rule saved', edit: 'Edit', reset: 'Reset counters', resetAll: 'Reset all counters', ask: 'Delete this rule?',
    applied: (n) => `applied ${n.toLocaleString('en-GB')}×`, asked: (n) => `asked ${n.toLocaleString('en-GB')}×`, last: (when) => `last ${when}`,
    file: 'from file', owner: (name) => `owner ${name}`, expires: (when) => `expires ${when}`,
    magic: 'Magic addresses', magicHint: 'They work without a rule. Copy one and send mail to it.',
    presets: 'Presets', presetsHint: 'Real replies of big providers, by name: reply and the name in a rule.',
  },

  clock: {
    hint: 'Retries, delays, expiry and ages follow this clock', real: 'As the system’s', ahead: (span) => `${span} ahead`, behind: (span) => `${span} behind`, frozen: 'frozen',
    times: (n) => `${n.toLocaleString('en-GB')}× as fast`, nextDue: 'Next falls due', nothingDue: 'Nothing will fall due.', toNext: 'To the next',
    freeze: 'Freeze', resume: 'Resume', speed: 'Speed', running: 'Running what falls due…',
  },

  timeline: {
    title: 'What happened', next: (when) => `Next: ${when}`, rule: (name) => `rule ${name}`, report: 'See the report', original: 'See the original', about: 'A report of Postroom.',
  },

  release: {
    open: 'Release…', title: 'Release this message', text: 'It is sent as it is, by way of the queue. The caught one stays.',
    to: 'To', hop: 'Next hop', from: 'From (reverse-path)', fromHint: 'Empty is the null sender: no bounces', action: 'Release', done: 'Released into the queue',
  },

  mailboxes: {
    title: 'Mailboxes',
    filter: 'Filter mailboxes',
    none: 'Each recipient gets a mailbox of its own when mail comes.',
    noMatch: (text) => `No mailbox matches “${text}”.`,
    count: (messages, unseen) => `${many(messages, 'message', 'messages')}, ${unseen} unread`,
  },

  list: {
    title: 'Messages',
    fresh: (n) => `${n.toLocaleString('en-GB')} new`,
    loading: 'Loading messages…',
    loadingMore: 'Loading older messages…',
    empty: 'No mail yet. It shows here the moment it arrives.',
    emptyBox: 'No mail in this mailbox.',
    showAll: 'Show all mail',
    unread: 'Unread',
    attachments: (n) => many(n, 'attachment', 'attachments'),
    defects: (n) => many(n, 'defect', 'defects'),
    others: (first, more) => (more ? `${first} +${more}` : first),
  },

  search: {
    placeholder: 'Search mail',
    clear: 'Clear search',
    help: 'What can be searched for',
    running: 'Searching…',
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
    nobody: 'nobody',
    bcc: 'Bcc',
    bccHint: 'A recipient of the envelope that stands in no header',
    envelopeFrom: (address) => `envelope ${address || '<>'}`,
    envelopeFromHint: 'MAIL FROM differs from the From header',
    notSent: (n) => `+${n} only in headers`,
    notSentHint: (list) => `In To or Cc, but not among the recipients of the envelope: ${list}`,
    moreRecipients: (n) => `+${n} more`,
    defects: (n) => many(n, 'defect', 'defects'),
    tabs: { html: 'HTML', text: 'Text', headers: 'Headers', attachments: 'Attachments', raw: 'Raw' },
    htmlFrame: 'The mail as HTML',
    remote: (n) => `${many(n, 'remote reference', 'remote references')} blocked`,
    remoteLoad: 'Load',
    remoteLoaded: (n) => `${many(n, 'remote reference', 'remote references')} loaded`,
    remoteBlock: 'Block again',
    noHtml: 'This mail has no HTML part.',
    noText: 'This mail has no text part.',
    noAttachments: 'Nothing is attached.',
    noHeaders: 'This mail has no headers.',
    emptyText: 'The text part is empty.',
    open: 'Open',
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
    emptyBoxHint: (n) => `${many(n, 'message', 'messages')} will leave this mailbox. What other mailboxes hold stays. This cannot be undone.`,
    emptyAll: 'Delete all mail?',
    emptyAllHint: (n) => `${many(n, 'message', 'messages')} will be deleted from all mailboxes. This cannot be undone.`,
  },

  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },

  status: {
    connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting',
    liveHint: 'New mail shows by itself', reconnectingHint: 'The connection is lost; new mail shows when it is back',
    messages: (n) => many(n, 'message', 'messages'), unread: (n) => `${n.toLocaleString('en-GB')} unread`,
    rate: (n) => `${n.toLocaleString('en-GB')}/s`, rateHint: 'Mails that arrived in the last second',
  },

  keys: {
    title: 'Keyboard',
    list: [
      [['j', 'k'], 'Next, previous message'],
      [['Enter', 'o'], 'Open message'],
      [['u'], 'Mark as unread or read'],
      [['#', 'Delete'], 'Delete message'],
      [['1', '–', '5'], 'Tabs of the message'],
      [['/'], 'Search'],
      [['f'], 'Filter mailboxes'],
      [['x'], 'Queue: select delivery'],
      [['r'], 'Queue: retry now; Badmail: requeue'],
      [['c'], 'Clock'],
      [['Escape'], 'Close message, clear search'],
      [['?'], 'This list'],
    ],
  },

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
    attemptsFailed: 'The attempts could not be loaded.',
    rulesFailed: 'The rules could not be loaded.',
    ruleFailed: 'The rules could not be changed.',
    magicFailed: 'The magic addresses could not be loaded.',
    clockFailed: 'The clock could not be changed.',
    infoFailed: 'The server did not tell its addresses.',
  },
};
