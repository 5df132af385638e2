const count = (n) => n.toLocaleString('zh-CN');

export default {
  lang: 'zh-CN',
  locale: 'zh-CN',

  name: 'Postroom',
  allMail: '全部邮件',
  nullSender: '<>（空发件人）',
  noSubject: '（无主题）',

  time: {
    now: '刚刚', minutes: (n) => `${n} 分钟`, hours: (n) => `${n} 小时`, days: (n) => `${n} 天`, seconds: (n) => `${n} 秒`,
    in: (span) => `${span}后`, ago: (span) => `${span}前`, due: '已到期',
  },

  places: {
    queue: '队列', badmail: '死信', done: '已完成', attempts: '尝试', rules: '规则', clock: '时钟',
    hints: {
      queue: '等待转发、退回或放行的邮件',
      badmail: '既无法投递也无法退回发件人的邮件',
      done: '已离开队列、去往别处的邮件',
      attempts: '客户端被拒绝或中断的尝试',
      rules: '按指令出错的内容，以及邮件的去向',
    },
  },

  states: {
    delivered: '已投递', queued: '排队中', held: '已扣留', bouncing: '退信中', relayed: '已转发', bounced: '已退信', reported: '已报告', lost: '死信',
  },

  did: {
    received: '已收到', kept: '已保留', queued: '已排队', held: '已扣留', thawed: '已放行', retried: '已重试', rerouted: '已改道', deferred: '已推迟', relayed: '已转发', failed: '失败', expired: '已过期',
    bounced: '已退信', warned: '已报告延迟', released: '已释放', lost: '死信', refused: '被拒绝', dropped: '被断开', hung: '被挂起', garbled: '乱码应答', discarded: '被丢弃',
  },

  queue: {
    loading: '正在加载队列…',
    hops: '下一跳',
    empty: '没有等待中的邮件。',
    emptyHint: '邮件在此等待发往另一台服务器、等待下次重试，或等待退回发件人。用 route 规则把邮件引到这里：',
    onlyHop: '只显示等待它的邮件',
    waiting: (n) => `${count(n)} 个等待中`, held: (n) => `${count(n)} 个已扣留`, active: (n) => `${count(n)} 个进行中`,
    frozen: '已冻结', next: (when) => `下次尝试：${when}`,
    deliveries: (n, more) => `${count(n)}${more ? '+' : ''} 个投递`,
    selected: (n) => `已选 ${count(n)} 个`, select: (address) => `选择 ${address}`, selectAll: '全选',
    tries: (n) => `已试 ${count(n)} 次`,
    actions: { retry: '立即重试', freeze: '冻结', thaw: '解冻', bounce: '退信', reroute: '改道…', delete: '删除', requeue: '重新排队' },
    requeueAll: '全部重新排队',
    ask: { bounce: (n) => `退回 ${count(n)} 个投递？`, delete: (n) => `删除 ${count(n)} 个投递？` },
    askHop: { bounce: (hop) => `退回所有等待 ${hop} 的邮件？`, delete: (hop) => `删除所有等待 ${hop} 的邮件？` },
    askHint: { bounce: '放弃投递，并告知发件人。', delete: '放弃投递，且不告知任何人。此操作无法撤销。' },
    done: {
      retry: (n) => `正在重试 ${count(n)} 个投递`, freeze: (n) => `已冻结 ${count(n)} 个投递`,
      thaw: (n) => `已放行 ${count(n)} 个投递`, bounce: (n) => `已放弃 ${count(n)} 个投递`,
      reroute: (n) => `${count(n)} 个投递已改道`, delete: (n) => `已删除 ${count(n)} 个投递`,
      requeue: (n) => `${count(n)} 个投递已重新排队`,
    },
    route: '路由', routeHint: '改为去往何处，写法同 route 规则的动作：relay smtp://host:port、bounce、keep…',
  },

  attempts: {
    loading: '正在加载尝试…', empty: '没有出错。',
    emptyHint: '客户端未能完成的尝试保存在这里：谁、做了什么、哪条规则、客户端得到了什么应答。',
    of: '谁的地址', to: '收件人', from: '发件人', filter: '按地址筛选', clear: '清除',
    ask: '清除全部尝试？', askHint: '客户端的尝试记录将被删除。此操作无法撤销。', message: '邮件', body: (size) => `正文，${size}`,
  },

  rules: {
    loading: '正在加载规则…', empty: '没有规则：所有邮件都保留在收件人的邮箱中。', text: '规则',
    add: '添加', save: '保存', saved: '规则已保存', edit: '编辑', reset: '计数清零', resetAll: '全部计数清零', ask: '删除这条规则？',
    applied: (n) => `已应用 ${count(n)} 次`, asked: (n) => `已查询 ${count(n)} 次`, last: (when) => `最近 ${when}`,
    file: '来自文件', owner: (name) => `所有者 ${name}`, expires: (when) => `过期：${when}`,
    magic: '魔法地址', magicHint: '无需规则即可使用。复制一个，向它发送邮件。',
    presets: '预设', presetsHint: '大型服务商的真实应答，按名称使用：在规则中写 reply 和名称。',
  },

  clock: {
    hint: '重试、延迟、过期和时长都以此时钟为准', real: '与系统一致', ahead: (span) => `快 ${span}`, behind: (span) => `慢 ${span}`, frozen: '已冻结',
    times: (n) => `${count(n)} 倍速`, nextDue: '下一项到期', nothingDue: '没有将要到期的事项。', toNext: '到下一项',
    freeze: '冻结', resume: '恢复', speed: '速度', running: '正在执行到期的事项…',
  },

  timeline: {
    title: '经过', next: (when) => `下次：${when}`, rule: (name) => `规则 ${name}`, report: '查看报告', original: '查看原邮件', about: 'Postroom 的报告。',
  },

  release: {
    open: '释放…', title: '释放这封邮件', text: '经由队列原样发送。捕获的邮件仍然保留。',
    to: '收件人', hop: '下一跳', from: '发件人（反向路径）', fromHint: '留空即空发件人：不会有退信', action: '释放', done: '已释放到队列',
  },

  mailboxes: {
    title: '邮箱',
    filter: '筛选邮箱',
    none: '收到邮件后，每个收件人都会有自己的邮箱。',
    noMatch: (text) => `没有与“${text}”匹配的邮箱。`,
    count: (messages, unseen) => `${count(messages)} 封邮件，${unseen} 封未读`,
  },

  list: {
    title: '邮件',
    fresh: (n) => `${count(n)} 封新邮件`,
    loading: '正在加载邮件…',
    loadingMore: '正在加载更早的邮件…',
    empty: '还没有邮件。邮件一到就会显示在这里。',
    emptyBox: '此邮箱中没有邮件。',
    showAll: '显示全部邮件',
    unread: '未读',
    attachments: (n) => `${count(n)} 个附件`,
    defects: (n) => `${count(n)} 处缺陷`,
    others: (first, more) => (more ? `${first} +${more}` : first),
  },

  search: {
    placeholder: '搜索邮件',
    clear: '清除搜索',
    help: '可以搜索什么',
    running: '正在搜索…',
    found: (n, more) => `找到 ${count(n)}${more ? '+' : ''} 封`,
    none: '没有找到',
    everywhere: '在全部邮件中搜索',
    teach: '词语会在邮件的任何位置查找；from:、has: 等运算符可以限定范围。',
    examples: ['from:app subject:发票', 'has:attachment after:24h'],
    language: [
      [['发票', '"your order"'], '词语和短语：在主题、姓名、地址、正文和附件名中查找'],
      [['from:', 'to:', 'cc:', 'bcc:'], '地址；from: 也查找信封发件人'],
      [['rcpt:', 'mailbox:'], '信封收件人；所在邮箱'],
      [['subject:', 'body:'], '主题；正文'],
      [['header:X-Name', 'header:X-Name=value'], '任意邮件头'],
      [['attachment:pdf'], '附件的文件名或内容类型'],
      [['id:'], '具有该 ID 的邮件'],
      [['larger:10k', 'smaller:1.5M'], '大小（字节）'],
      [['after:2026-01-31', 'before:2h'], '收到的时间：UTC 日期，或多久以前（s、m、h、d、w）'],
      [['is:unread', 'is:read', 'is:bounce'], '未读、已读、退信'],
      [['has:attachment', 'has:html'], '有附件、有 HTML'],
      [['-from:app'], '排除'],
      [['猫 OR 狗', '(猫 OR 狗) 鸟'], '任一；否则须全部匹配'],
      [['/ord-[0-9]+/', 'subject:/^re:/'], '正则表达式'],
    ],
  },

  message: {
    loading: '正在加载邮件…',
    none: '没有打开的邮件',
    gone: '这封邮件已不存在',
    goneHint: '它被删除了，或为更新的邮件腾出了空间。',
    to: '至',
    nobody: '无人',
    bcc: '密送',
    bccHint: '信封中的收件人，但不在任何邮件头中',
    envelopeFrom: (address) => `信封 ${address || '<>'}`,
    envelopeFromHint: 'MAIL FROM 与 From 头不同',
    notSent: (n) => `另有 ${n} 个仅在邮件头中`,
    notSentHint: (list) => `在 To 或 Cc 中，但不在信封收件人中：${list}`,
    moreRecipients: (n) => `另有 ${n} 个`,
    defects: (n) => `${count(n)} 处缺陷`,
    tabs: { html: 'HTML', text: '文本', headers: '邮件头', attachments: '附件', raw: '源码' },
    htmlFrame: 'HTML 形式的邮件',
    remote: (n) => `已阻止 ${count(n)} 处远程引用`,
    remoteLoad: '加载',
    remoteLoaded: (n) => `已加载 ${count(n)} 处远程引用`,
    remoteBlock: '重新阻止',
    noHtml: '这封邮件没有 HTML 部分。',
    noText: '这封邮件没有文本部分。',
    noAttachments: '没有附件。',
    noHeaders: '这封邮件没有邮件头。',
    emptyText: '文本部分为空。',
    open: '打开',
    download: '下载',
    decoded: '已解码',
    rawHeaders: '原样',
    rawLoading: '正在加载源码…',
    rawEmpty: '邮件为空。',
    part: (shown, total) => `前 ${shown}，共 ${total}。`,
    downloadAll: '下载整封邮件',
    openText: '打开全文',
    unnamed: (part) => `部分 ${part}`,
  },

  envelope: {
    title: '信封', from: '发件人', to: '收件人', ret: 'RET', id: 'ENVID', body: 'BODY', utf8: 'SMTPUTF8', yes: '是',
    notify: (conditions) => `notify ${conditions}`, orcpt: (address) => `orcpt ${address}`,
  },

  session: {
    title: '会话', protocol: '协议', remote: '客户端', local: '服务器', helo: 'HELO', user: '用户',
    tls: 'TLS', none: '无', started: '开始于', id: 'ID', transcript: '会话记录', unknown: '这封邮件不是经由连接收到的。',
  },

  defects: { title: '缺陷', at: (part, offset) => [part && `部分 ${part}`, offset > 0 && `第 ${offset} 字节`].filter(Boolean).join('，') },

  actions: {
    back: '返回', close: '关闭', mailboxes: '邮箱', unread: '标为未读', read: '标为已读', allRead: '全部标为已读',
    remove: '删除', emptyBox: '清空邮箱', emptyAll: '删除全部邮件', download: '下载', cancel: '取消',
    keys: '键盘', setup: '如何把邮件发到这里', copy: '复制', copied: '已复制', retry: '重试', dismiss: '关闭提示',
    drag: '调整窗格大小', more: '显示更多',
  },

  ask: {
    emptyBox: (box) => `清空 ${box}？`,
    emptyBoxHint: (n) => `${count(n)} 封邮件将离开此邮箱，其他邮箱中的邮件不受影响。此操作无法撤销。`,
    emptyAll: '删除全部邮件？',
    emptyAllHint: (n) => `将从所有邮箱中删除 ${count(n)} 封邮件。此操作无法撤销。`,
  },

  theme: { title: '主题', system: '跟随系统', light: '浅色', dark: '深色' },

  status: {
    connecting: '正在连接', live: '实时', reconnecting: '正在重新连接',
    liveHint: '新邮件会自动显示', reconnectingHint: '连接已断开；恢复后会显示新邮件',
    messages: (n) => `${count(n)} 封邮件`, unread: (n) => `${count(n)} 封未读`,
    rate: (n) => `${count(n)}/秒`, rateHint: '最近一秒内收到的邮件',
  },

  keys: {
    title: '键盘',
    list: [
      [['j', 'k'], '下一封、上一封'],
      [['Enter', 'o'], '打开邮件'],
      [['u'], '标为未读或已读'],
      [['#', 'Delete'], '删除邮件'],
      [['1', '–', '5'], '邮件的标签页'],
      [['/'], '搜索'],
      [['f'], '筛选邮箱'],
      [['x'], '队列：选择投递'],
      [['r'], '队列：立即重试；死信：重新排队'],
      [['c'], '时钟'],
      [['Escape'], '关闭邮件、清除搜索'],
      [['?'], '此列表'],
    ],
  },

  welcome: {
    title: '等待第一封邮件',
    setupTitle: '如何把邮件发到这里',
    lead: '让您的应用使用这个地址。发件人、收件人、用户名和密码都可以随意填写。邮件不会被转发出去。',
    smtp: '发送到（SMTP）', pop3: '用 POP3 读取', off: '关闭',
    snippets: '您所用框架的设置',
    shell: '或在命令行中',
    sample: '发送一封示例邮件',
    sending: '正在发送…',
    loading: '正在查询地址…',
  },

  toast: {
    deleted: (subject) => `已删除“${subject}”`,
    emptied: (n) => `已删除 ${count(n)} 封邮件`,
    copyFailed: '浏览器不允许复制。请选中文本后手动复制。',
  },

  errors: {
    unreachable: 'Postroom 没有应答',
    unreachableHint: '进程还在运行吗？连接恢复后，页面会自动重试。',
    status: (code) => `服务器应答了 ${code}`,
    listFailed: '无法加载邮件列表。',
    boxesFailed: '无法加载邮箱。',
    messageFailed: '无法加载这封邮件。',
    rawFailed: '无法加载源码。',
    seenFailed: '无法更改已读或未读状态。',
    deleteFailed: '无法删除这封邮件。',
    emptyFailed: '无法删除邮件。',
    sampleFailed: '无法发送示例邮件。',
    queueFailed: '无法更改队列。',
    queueLoadFailed: '无法加载队列。',
    attemptsFailed: '无法加载尝试记录。',
    rulesFailed: '无法加载规则。',
    ruleFailed: '无法更改规则。',
    magicFailed: '无法加载魔法地址。',
    clockFailed: '无法更改时钟。',
    infoFailed: '服务器没有告知它的地址。',
  },
};
