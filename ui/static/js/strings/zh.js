const count = (n) => n.toLocaleString('zh-CN');

export default {
  lang: 'zh-CN',
  locale: 'zh-CN',

  own: '简体中文',
  name: 'Postroom',
  allMail: '全部邮件',
  nullSender: '<>（空发件人）',
  noSubject: '（无主题）',

  time: {
    now: '刚刚', minutes: (n) => `${n} 分钟`, hours: (n) => `${n} 小时`, days: (n) => `${n} 天`, seconds: (n) => `${n} 秒`,
    in: (span) => `${span}后`, ago: (span) => `${span}前`, due: '已到期',
  },

  places: {
    settings: '服务器设置', queue: '队列', badmail: '死信', done: '已完成', sessions: '会话', attempts: '尝试', rules: '规则', clock: '时钟',
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

  counted: {
    open: '个打开', received: '封收到', waiting: '个等待中', taken: '个已取', bad: '个无效', active: '个进行中', applied: '次应用', refused: '个被拒', discarded: '封丢弃', due: '个到期', held: '个已扣留',
    queued: '个排队中', kept: '封保留', mailboxes: '个邮箱', written: '封写入', relayed: '个转发', bounced: '个退信', lost: '个丢失', selected: '个已选', unread: '封未读',
  },

  queue: {
    empty: '没有等待中的邮件。', emptyHint: '邮件在此等待下次尝试、退回或放行。用 route 规则把邮件引到这里：',
    deliveries: (n) => `${count(n)} 个投递`,
    actions: { retry: '立即重试', freeze: '冻结', thaw: '解冻', bounce: '退信', delete: '删除', requeue: '重新排队' },
    askHint: { bounce: '放弃投递，并告知发件人。', delete: '放弃投递，且不告知任何人。此操作无法撤销。' },
  },

  attempts: {
    empty: '没有出错。', emptyHint: '客户端未能完成的尝试保存在这里。想看看效果，可发送邮件到：',
    filter: '按收件人筛选', clear: '清除', ask: '清除全部尝试？', askHint: '客户端的尝试记录将被删除。此操作无法撤销。',
    message: '邮件', body: (size) => `正文，${size}`, tryRule: '试规则…',
  },

  sessions: {
    empty: '还没有客户端连接过。试一试：', filter: '客户端、HELO 或用户', all: '全部', open: '进行中', wrong: '有错误',
    ends: { '': '进行中', quit: '已结束', left: '未发 QUIT 离开', timeout: '超时', rule: '被规则中断', shutdown: '已停机', closed: '由服务器关闭' },
    errors: (n) => `${n} 个错误`, first: '首条命令用时', answer: '答复邮件用时',
    weight: { 4: '暂时', 5: '永久' },
  },

  rules: {
    empty: '没有规则：所有邮件都保留在收件人的邮箱中。', text: '规则', words: '接下来可写的词',
    add: '添加', save: '保存', edit: '编辑', reset: '计数清零', ask: '删除这条规则？', file: '来自文件',
    applied: (n) => `已应用 ${count(n)} 次`, asked: (n) => `已查询 ${count(n)} 次`, magic: '魔法地址：无需规则即可使用',
  },

  ruleStarts: {
    greylist: '将此地址灰名单两次', rate: 'Gmail 限速', full: '邮箱已满', spam: '当作垃圾拒收',
    lost: '250 丢失', slow: '服务器缓慢', relay: '转发到…', bounce: '稍后退信',
  },

  ruleSays: {
    comma: '，', colon: '：', not: '除了 …', at: '… 时',
    connect: '客户端连接时', handshake: 'TLS 开始时', banner: '问候时', auth: '登录时', dot: '正文结束时', route: '接受之后', login: 'POP3 登录时', retr: 'POP3 取信时',
    to: '收件人 …', from: '发件人 …', client: '客户端 …', helo: 'HELO …', user: '用户 …', tls: 'TLS …', sni: '服务器名 …', port: '端口 …', size: '大小 …', query: '搜索 …',
    first: '前 … 次', nth: '仅第 … 次', every: '每 … 次一次', until: '首次之后 … 内', after: '首次之后满 …', rate: '超出 … 的', chance: '概率 …%', per: '按 … 计数',
    reply: '应答 …', delay: '等待 …', drip: '每秒 … 字节', hang: '不应答 …', drop: '关闭连接', hide: '隐去 …', offer: '提供 …', garbage: '… 字节乱码', pass: '照常继续',
    keep: '保留', discard: '接受但不保留', relay: '转发到 …', hold: '扣留在队列', bounce: '接受后退信：…', defer: '反复重试不成功：…', lose: '归入死信 …',
    warn: '保留并报告延迟：…', autoreply: '保留并自动回复不在', complain: '保留并发送投诉',
    cut: '… 字节之后', reset: '用 RST', stored: '存储之后', close: '然后关闭', dialect: '用 … 的写法', later: '… 之后',
  },

  ruleTrial: {
    title: '对照试用', choose: '选择过去的尝试或邮件…', tried: '这条规则', nobody: '规则对它没有作用。',
    verdicts: { yes: '会应用', counts: '会计数', late: '没有走到', no: '不匹配' }, was: (found) => `不成立：实际是 ${found}`, unknown: '未知',
  },

  clock: {
    hint: '重试、延迟、过期和时长都以此时钟为准', real: '与系统一致', ahead: (span) => `快 ${span}`, behind: (span) => `慢 ${span}`, frozen: '已冻结',
    times: (n) => `${count(n)} 倍速`, nextDue: '下一项到期', nothingDue: '没有将要到期的事项。', toNext: '到下一项', speed: '速度',
  },

  pipeline: {
    title: '流程', off: '关闭', next: (when) => `下次${when}`,
    senders: '发送方', pickup: 'Pickup', refused: '被拒', mailboxes: '邮箱', drop: 'Drop', relayed: '下一跳',
  },

  timeline: {
    title: '经过', next: (when) => `下次：${when}`, rule: (name) => `规则 ${name}`, report: '查看报告', original: '查看原邮件',
  },

  release: {
    open: '释放…', title: '释放这封邮件', hop: '下一跳', action: '释放', done: (hop) => `已进入队列，发往 ${hop}`,
    text: '邮件将离开 Postroom：副本经由队列原样发往下一跳，不受规则影响，收件人可能真的会收到。',
  },

  resend: {
    open: '重新投递…', title: '重新投递这封邮件', action: '重新投递', text: '相同的字节作为新邮件再次进入这里，去向由规则决定。',
  },

  compose: {
    open: '写邮件', reply: '以收件人身份回复', replyAll: '全部回复', send: '发送', sent: '已发送', show: '查看',
    hint: '邮件进入这里，去向由规则决定。填写下一跳后，邮件将离开 Postroom，经由队列发出，不受规则影响。',
    from: '发件人', to: '收件人', cc: '抄送', bcc: '密送', subject: '主题', text: '正文', files: '附件', headers: '邮件头', more: '更多收件人、信封、邮件头',
    asFrom: '同发件人；<> 为空发件人', asHeaders: '同收件人、抄送和密送', here: '无：本地邮箱', detach: (name) => `移除 ${name}`,
    discard: '丢弃草稿', discarded: '草稿已丢弃', replace: '丢弃草稿？',
  },

  mailboxes: {
    title: '邮箱',
    none: '收到邮件后，每个收件人都会有自己的邮箱。',
    count: (messages, unseen) => `${count(messages)} 封邮件，${unseen} 封未读`,
  },

  list: {
    title: '邮件',
    fresh: (n) => `${count(n)} 封新邮件`,
    selected: (n) => `已选择 ${count(n)} 封`,
    loading: '正在加载邮件…',
    empty: '还没有邮件。邮件一到就会显示在这里。',
    unread: '未读',
    attachments: (n) => `${count(n)} 个附件`,
    others: (first, more) => (more ? `${first} +${more}` : first),
  },

  undo: { undo: '撤销' },

  search: {
    placeholder: '搜索邮件', clear: '清除搜索',
    found: (n, more) => `找到 ${count(n)}${more ? '+' : ''} 封`, none: '没有找到', everywhere: '在全部邮件中搜索',
    teach: '词语会在邮件的任何位置查找。运算符限定范围，引号表示短语，- 表示排除，OR 表示任一：',
    examples: ['from:app subject:发票', '-has:attachment after:24h', '"your order" OR subject:/^re:/'],
    operators: {
      from: '发件人（邮件头或信封）', to: '邮件头中的收件人', cc: '邮件头中的收件人', bcc: '邮件头中的收件人', rcpt: '信封收件人', mailbox: '所在邮箱',
      subject: '主题', body: '正文', header: '任意邮件头：X-Name 或 X-Name=value', attachment: '附件的文件名或内容类型', id: '具有该 ID 的邮件',
      larger: '大小：10k、1.5M', smaller: '大小：10k、1.5M',
      after: 'UTC 日期，或多久以前（s、m、h、d、w）', before: 'UTC 日期，或多久以前（s、m、h、d、w）', is: 'unread、read 或 bounce', has: 'attachment 或 html',
    },
  },

  message: {
    loading: '正在加载邮件…', none: '没有打开的邮件', gone: '这封邮件已不存在', goneHint: '它被删除了，或为更新的邮件腾出了空间。',
    to: '至', moreRecipients: (n) => `另有 ${n} 个`, defects: (n) => `${count(n)} 处缺陷`,
    envelope: '信封', envelopeFrom: (address) => `信封 ${address || '<>'}`,
    onlyHeaders: (n) => `另有 ${n} 个仅在邮件头中`, notSent: (list) => `在 To 或 Cc 中，但不在信封中：${list}`,
    tabs: { preview: '预览', text: '文本', source: 'HTML', headers: '邮件头', structure: '结构', raw: '源码', session: '会话', checks: '检查' },
    htmlFrame: 'HTML 形式的邮件', noHtml: '这封邮件没有 HTML 部分。', noText: '这封邮件没有文本部分。',
    remote: (n, loaded) => `已${loaded ? '加载' : '阻止'} ${count(n)} 处远程引用`, remoteLoad: '加载', remoteBlock: '重新阻止',
    decoded: '已解码', rawHeaders: '原样', part: (shown, total, from) => `${from ? `第 ${from} 字节起` : '前'} ${shown}，共 ${total}`,
  },

  mail: {
    width: '宽度', widths: { phone: '手机', tablet: '平板', full: '全宽' }, zoom: '缩放', print: '在新标签页中打印', code: '验证码', links: '链接', find: '查找', previous: '上一个', next: '下一个',
    save: '请下载后查看。', reportOn: '报告的原邮件：', reportedBy: '相关报告：',
    at: (offset) => `第 ${offset} 字节`, fine: '没有发现问题。', notes: '提示',
    lacks: (name) => `缺少 ${name} 头。`, fromDiffers: (header, envelope) => `From 是 ${header}，信封是 ${envelope}（MAIL FROM）。`,
    blind: (list) => `密送，在信封中但不在任何邮件头中：${list}`, noText: '有 HTML，但没有文本。',
    plain: (n) => `${count(n)} 个链接未加密（http:）。`,
  },

  session: {
    title: '会话', remote: '客户端', local: '服务器', transcript: '会话记录', forgotten: '会话记录已不再保留或从未有过：只保留最近的。',
  },

  actions: {
    back: '返回', close: '关闭', mailboxes: '邮箱', unread: '标为未读', read: '标为已读', allRead: '全部标为已读',
    remove: '删除', emptyBox: '清空邮箱', emptyAll: '删除全部邮件', download: '下载', cancel: '取消',
    keys: '键盘', setup: '如何把邮件发到这里', copy: '复制', copied: '已复制', retry: '重试',
    drag: '调整窗格大小', more: '显示更多',
  },

  ask: {
    empty: (box) => `清空 ${box}？`,
    hint: (n, box) => (box ? `将删除这里的 ${count(n)} 封邮件，其他邮箱中的邮件不受影响。` : `将从所有邮箱和队列中删除 ${count(n)} 封邮件。`),
  },

  theme: { title: '主题', system: '跟随系统', light: '浅色', dark: '深色' },

  status: {
    connecting: '正在连接', live: '实时', reconnecting: '正在重新连接',
    messages: (n) => `${count(n)} 封邮件`, rules: (n) => `${count(n)} 条规则`, rateHint: '一分钟内每秒的邮件数',
    caughtUp: (n) => `已补上 ${count(n)} 个事件`, lagged: '遗漏过多：已重新列出',
  },

  keys: { list: '列表和队列', message: '邮件', go: '前往', everywhere: '任何地方' },

  commands: {
    compare: '与…比较',
    next: '下一封或上一封', open: '打开邮件', select: '选择', extend: '向下或向上扩选', selectAll: '全选', undo: '撤销删除', retry: '立即重试或重新排队', empty: '删除此处全部邮件…',
    seen: '标为未读或已读', reply: '回复', replyAll: '全部回复', resend: '重新投递…', release: '释放…', compose: '写邮件', tabs: '邮件的标签页', close: '关闭邮件、清除搜索',
    filter: '筛选邮箱', search: '搜索', setup: '如何向这里发送邮件', sample: '发送示例邮件', help: '键盘',
    palette: '全部命令', forgetSearches: '清除搜索历史', settings: '设置', logOut: '退出登录', pin: '置顶或取消置顶此邮箱',
  },

  compare: {
    title: '比较', difference: '差异叠加', hint: '黑色表示相同，有颜色之处不同。',
    same: '没有差异。', differing: (n) => `${count(n)} 行不同`, equal: (n) => `${count(n)} 行相同`,
    pick: (subject) => `打开要与“${subject}”比较的邮件`, like: '之前的同类邮件',
  },

  palette: {
    hint: '命令、邮箱或邮件', kinds: { command: '命令', place: '前往', mailbox: '邮箱', search: '搜索', message: '邮件' },
  },

  settings: {
    language: '语言', density: { title: '行距', comfortable: '宽松', compact: '紧凑' },
    times: { title: '时间', relative: '相对', exact: '精确' }, grouping: { title: '按域名分组', auto: '较多时', on: '总是', off: '从不' },
    notify: { title: '通知', off: '关闭', all: '全部邮件' },
    denied: '浏览器不允许在此发送通知。通知需要 localhost 或 HTTPS。',
  },

  server: { filter: '筛选设置', sources: { default: '默认', flag: '命令行', environment: '环境变量', api: '在此更改' } },

  notify: { mails: (n) => `${count(n)} 封新邮件` },

  welcome: {
    title: '等待第一封邮件', snippets: '您所用框架的设置',
    lead: '让您的应用使用这个地址。发件人、收件人、用户名和密码都可以随意填写。邮件不会被转发出去。',
  },

  toast: {
    deleted: (n) => `已删除 ${count(n)} 封邮件`,
    copyFailed: '浏览器不允许复制。请选中文本后手动复制。',
  },

  errors: {
    load: '无法加载。', change: '操作未成功。', status: (code) => `服务器应答了 ${code}`,
    unreachable: 'Postroom 没有应答。它还在运行吗？连接恢复后，页面会自动重试。',
  },
};
