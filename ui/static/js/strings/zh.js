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
    milliseconds: (n) => `${n} 毫秒`, now: '刚刚', minutes: (n) => `${n} 分钟`, hours: (n) => `${n} 小时`, days: (n) => `${n} 天`, seconds: (n) => `${n} 秒`,
    in: (span) => `${span}后`, ago: (span) => `${span}前`, due: '已到期',
  },

  places: {
    queue: '队列', badmail: '死信', done: '已完成', sessions: '会话', attempts: '尝试', rules: '规则', clock: '时钟',
    hints: {
      queue: '等待转发、退回或放行的邮件',
      badmail: '既无法投递也无法退回发件人的邮件',
      done: '已离开队列、去往别处的邮件',
      attempts: '客户端被拒绝或中断的尝试',
      rules: '按指令出错的内容，以及邮件的去向',
      sessions: '谁在与服务器对话、说了什么、用了多久',
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

  sessions: {
    title: '会话', empty: '还没有客户端连接过。', filter: '客户端、HELO 或用户', all: '全部', open: '进行中', wrong: '有错误',
    emptyHint: '每个连接都会实时显示在这里，连同全部对话。试一试：',
    ends: { '': '进行中', quit: '已结束', left: '未发 QUIT 离开', timeout: '超时', rule: '被规则中断', shutdown: '已停机', closed: '由服务器关闭' },
    errors: (n) => `${n} 个错误`, first: (span) => `${span}后首条命令`, answer: (span) => `${span}内答复邮件`,
    took: (who, span) => `${who}用时 ${span}`, turn: (who) => `轮到${who}`,
    weight: { 4: '暂时', 5: '永久' },
    codes: {
      1.1: '邮箱不存在', 1.2: '域名不存在', 1.3: '地址无效', 2.1: '邮箱已停用', 2.2: '邮箱已满', 3.4: '邮件过大', 4.2: '连接中断',
      5.1: '顺序错误或命令未知', 5.2: '无法解析', 5.3: '收件人过多', 5.4: '参数错误', 7.1: '被策略拒绝', 7.8: '密码错误', 7.26: 'SPF 或 DKIM 失败',
    },
  },

  rules: {
    loading: '正在加载规则…', empty: '没有规则：所有邮件都保留在收件人的邮箱中。', text: '规则',
    add: '添加', save: '保存', saved: '规则已保存', edit: '编辑', reset: '计数清零', resetAll: '全部计数清零', ask: '删除这条规则？',
    applied: (n) => `已应用 ${count(n)} 次`, asked: (n) => `已查询 ${count(n)} 次`, last: (when) => `最近 ${when}`,
    file: '来自文件', owner: (name) => `所有者 ${name}`, expires: (when) => `过期：${when}`,
    magic: '魔法地址', magicHint: '无需规则即可使用。复制一个，向它发送邮件。',
    presets: '预设', presetsHint: '大型服务商的真实应答，按名称使用：在规则中写 reply 和名称。',
  },

  ruleEditor: {
    words: '接下来可写的词', starts: '常用规则', filter: '筛选地址和预设', times: (n) => `${count(n)}×`,
  },

  ruleStarts: {
    greylist: '灰名单两次', rate: 'Gmail 限速', full: '邮箱已满', unknown: '用户不存在', spam: '当作垃圾拒收', cut: 'DATA 中断开',
    lost: '250 丢失', slow: '服务器缓慢', busy: '五次一忙', relay: '转发到…', hold: '扣留待放行', bounce: '稍后退信',
  },

  ruleSays: {
    comma: '，', colon: '：', or: ' 或 ',
    stages: {
      connect: '客户端连接时', banner: '问候时', ehlo: 'EHLO 时', starttls: 'STARTTLS 时', auth: '登录时', mail: 'MAIL 时', rcpt: 'RCPT 时', data: 'DATA 时',
      dot: '正文结束时', rset: 'RSET 时', quit: 'QUIT 时', route: '接受之后', login: 'POP3 登录时', retr: 'POP3 取信时',
    },
    fields: { to: '收件人', from: '发件人', client: '客户端', helo: 'HELO ', user: '用户', tls: 'TLS ', size: '大小', query: '搜索条件' },
    is: (field, value, not) => `${field}${not ? '不' : ''}是 ${value}`,
    times: {
      first: (n) => `前 ${n} 次`, nth: (n) => `仅第 ${n} 次`, every: (n) => `每 ${n} 次一次`, until: (time) => `首次之后 ${time} 内`,
      after: (time) => `首次之后满 ${time}`, rate: (rate) => `超出 ${rate} 的`, chance: (percent) => `概率 ${percent}%`, per: (names) => `按 ${names.join('、')} 计数`,
    },
    actions: {
      reply: (reply) => reply, delay: (_, { for: time }) => `等待 ${time}`, drip: (_, { rate }) => `每秒 ${rate} 字节`, hang: (_, { for: time }) => (time ? `沉默 ${time} 后关闭` : '不再应答'),
      drop: (_, { octets, reset, stored }) => `${stored ? '存储后' : ''}${octets ? `收到正文 ${octets} 字节后` : ''}${reset ? '用 RST ' : ''}关闭连接`,
      hide: (_, { keywords }) => `隐去 ${keywords.join('、')}`, offer: (_, { keywords }) => `提供 ${keywords.join('、')}`, garbage: (_, { octets }) => `${octets} 字节乱码`, pass: () => '照常继续',
      keep: () => '保留', discard: () => '接受但不保留', relay: (_, { url }) => `转发到 ${url}`, hold: () => '扣留在队列', bounce: (reply) => `接受后退信：${reply}`,
      defer: (reply) => `反复重试不成功：${reply}`, lose: (reply) => (reply ? `归入死信：${reply}` : '归入死信'), warn: (reply) => `保留并报告延迟：${reply}`,
      autoreply: () => '保留并自动回复不在', complain: () => '保留并发送投诉',
    },
    close: '然后关闭', dialect: (name) => `用 ${name} 的写法`, after: (time) => `${time} 之后`,
  },

  ruleTrial: {
    title: '对照试用', choose: '选择过去的尝试或邮件…', tried: '这条规则', write: '在上面写一条规则，看它会说什么。', present: '现有规则', nobody: '现有规则对它没有作用。',
    verdicts: { yes: '会应用', counts: '会计数', no: '不匹配' },
    nothing: { user: '无人登录', tls: '没有 TLS', query: '搜索找不到的邮件' },
    was: (found) => `不成立：实际是 ${found}`, unknown: '不成立：对此一无所知', reply: '客户端会收到', counts: '视计数而定', notReached: '但当时没有走到这一步',
    gone: '该尝试或邮件已不再保存。',
  },

  attemptRows: {
    nothing: '无应答', limit: '限制', tryRule: '试规则…', all: '显示全部', provoke: '想看看效果，可向其中之一发送邮件：',
  },

  clock: {
    hint: '重试、延迟、过期和时长都以此时钟为准', real: '与系统一致', ahead: (span) => `快 ${span}`, behind: (span) => `慢 ${span}`, frozen: '已冻结',
    times: (n) => `${count(n)} 倍速`, nextDue: '下一项到期', nothingDue: '没有将要到期的事项。', toNext: '到下一项',
    freeze: '冻结', resume: '恢复', speed: '速度', running: '正在执行到期的事项…',
    nothingRan: '没有事项到期',
  },

  pipeline: {
    title: '流程', tries: '即将进行的尝试', frozen: '已冻结：解冻前不会尝试', held: '直到放行',
    stations: {
      senders: ['发送方', '封收到'], pickup: ['Pickup', '个等待'], rules: ['规则', '条生效'], refused: ['被拒', '次尝试'], queue: ['队列', '个等待'],
      mailboxes: ['邮箱', '封保留'], drop: ['Drop', '封写入'], relayed: ['下一跳', '个转发'], badmail: ['Badmail', '个丢失'],
    },
    off: '关闭', pickup: '--pickup FOLDER 发送放入文件夹的文件', drop: '--drop FOLDER 把每封邮件也写入文件夹',
    counted: {
      open: '个打开', taken: '个已取', bad: '个无效', discarded: '封丢弃', due: '个到期', held: '个搁置', bounced: '个退回', written: '个写入',
      attempt: '次尝试', relayed: '个转发', badmail: '个转入 Badmail', delayed: '个延迟', expired: '封过期',
    },
    next: (when) => `下次${when}`, mailboxes: (n) => `在 ${count(n)} 个邮箱中`,
  },

  timeline: {
    title: '经过', next: (when) => `下次：${when}`, rule: (name) => `规则 ${name}`, report: '查看报告', original: '查看原邮件', about: 'Postroom 的报告。',
  },

  release: {
    open: '释放…', title: '释放这封邮件', text: '邮件将离开 Postroom：副本经由队列原样发往下一跳，不受规则影响，收件人可能真的会收到。捕获的邮件仍然保留。',
    to: '收件人', hop: '下一跳', from: '发件人（反向路径）', fromHint: '留空即空发件人：不会有退信', action: '释放', done: (hop) => `已释放到队列，发往 ${hop}`, queue: '队列',
  },

  resend: {
    open: '重新投递…', title: '重新投递这封邮件', text: '相同的字节作为新邮件再次进入这里，去向由规则决定。原邮件仍然保留。',
    action: '重新投递', done: '已重新投递',
  },

  compose: {
    open: '写邮件', title: '新邮件', replyTitle: '回复', reply: '以收件人身份回复', replyAll: '全部回复', as: '回复身份',
    from: '发件人', to: '收件人', cc: '抄送', bcc: '密送', copies: '抄送 密送', text: '纯文本', html: 'HTML', headers: '邮件头', files: '附件', subject: '主题', format: '正文',
    more: '信封与邮件头', asFrom: '同发件人', asHeaders: '同收件人、抄送和密送',
    way: '发送到', here: '本地邮箱', hereHint: '邮件进入这里，去向由规则决定。',
    hopHint: '邮件将离开 Postroom：经由队列发往这台服务器，不受规则影响。', noHop: '请填写服务器，例如 smtp://app:2525。',
    attach: '添加附件', detach: (name) => `移除 ${name}`, reading: (name) => `正在读取 ${name}`,
    lost: '未保留，请重新添加', notRead: '有文件尚未读完，或因太大而未保留：请移除或重新添加。', unreadable: (name) => `无法读取 ${name}。`, tooLarge: (size) => `邮件将超过服务器允许的 ${size}。`,
    send: '发送', sending: '正在发送…', sent: '已发送', queued: (hop) => `已进入队列，发往 ${hop}`, show: '查看', minimise: '最小化',
    discard: '丢弃草稿', discarded: '草稿已丢弃', undo: '撤销', replyFailed: '无法开始回复。',
    askReplace: '丢弃草稿？', askReplaceHint: (subject) => `“${subject}”尚未发送。`,
  },

  mailboxes: {
    pin: { yes: '置顶', no: '取消置顶' }, noDomain: '无域名',
    title: '邮箱',
    filter: '筛选邮箱',
    none: '收到邮件后，每个收件人都会有自己的邮箱。',
    noMatch: (text) => `没有与“${text}”匹配的邮箱。`,
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

  undo: { undo: '撤销', hint: '8 秒后或离开页面时生效（z）' },

  search: {
    offers: '补全和以前的搜索', forget: '移除',
    placeholder: '搜索邮件',
    clear: '清除搜索',
    help: '可以搜索什么',
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
    bcc: '密送',
    bccHint: '信封中的收件人，但不在任何邮件头中',
    envelopeFrom: (address) => `信封 ${address || '<>'}`,
    envelopeFromHint: 'MAIL FROM 与 From 头不同',
    notSent: (n) => `另有 ${n} 个仅在邮件头中`,
    notSentHint: (list) => `在 To 或 Cc 中，但不在信封收件人中：${list}`,
    moreRecipients: (n) => `另有 ${n} 个`,
    defects: (n) => `${count(n)} 处缺陷`,
    tabs: { preview: '预览', text: '文本', source: 'HTML', headers: '邮件头', structure: '结构', raw: '源码', session: '会话', checks: '检查' },
    htmlFrame: 'HTML 形式的邮件',
    remote: (n) => `已阻止 ${count(n)} 处远程引用`,
    remoteLoad: '加载',
    remoteLoaded: (n) => `已加载 ${count(n)} 处远程引用`,
    remoteBlock: '重新阻止',
    noHtml: '这封邮件没有 HTML 部分。',
    noText: '这封邮件没有文本部分。',
    noHeaders: '这封邮件没有邮件头。',
    emptyText: '文本部分为空。',
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

  mail: {
    width: '宽度', full: '全宽', tablet: '平板', phone: '手机', smaller: '缩小', larger: '放大', print: '在新标签页中单独打开以便打印',
    code: '验证码', links: '链接', find: '查找', previous: '上一个', next: '下一个', wrap: '长行换行', stretch: (from, to, total) => `第 ${from} 至 ${to} 字节，共 ${total}。`,
    notIn: (address) => `${address} 不在信封中`, parts: '部分', size: '大小', encoded: (size) => `${size}（编码后）`, first: (size) => `前 ${size}。`,
    save: '请下载后查看。', unreadable: '内容与声明的类型不符，无法解读。',
    time: '时间', place: '地点', status: '状态', repeats: '重复', organizer: '组织者', attendees: '参加者', local: '当地时间', here: (time) => `本地 ${time}`,
    forgotten: '会话记录已不再保留：只保留最近的会话。', noSmtp: '这封邮件不是经由 SMTP 收到的，没有会话记录。',
    delivered: (n) => (n === 1 ? '已投递' : `已投递给 ${n} 个`), took: '从连接开始到收到邮件', inAll: (time) => `共 ${time}`,
    reportOn: '报告的原邮件：', reportedBy: '相关报告：', fine: '没有发现问题。', notes: '提示',
    lacks: (name) => `缺少 ${name} 头。`, fromDiffers: (header, envelope) => `From 是 ${header}，信封是 ${envelope}（MAIL FROM）。`,
    blind: (list) => `密送，在信封中但不在任何邮件头中：${list}`, noText: '有 HTML，但没有供不支持 HTML 的读者阅读的文本。',
    remote: (n) => `HTML 中有 ${count(n)} 处远程引用；许多客户端起初会阻止。`, plain: (n) => `${count(n)} 个链接未加密（http:）。`,
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
    emptyBoxHint: (n) => `${count(n)} 封邮件将离开此邮箱，其他邮箱中的邮件不受影响。`,
    emptyAll: '删除全部邮件？',
    emptyAllHint: (n) => `将从所有邮箱中删除 ${count(n)} 封邮件。`,
  },

  theme: { title: '主题', system: '跟随系统', light: '浅色', dark: '深色' },

  status: {
    connecting: '正在连接', live: '实时', reconnecting: '正在重新连接',
    liveHint: '新邮件会自动显示', reconnectingHint: '连接已断开；恢复后会显示新邮件',
    messages: (n) => `${count(n)} 封邮件`, unread: (n) => `${count(n)} 封未读`,
    rate: (n) => `${count(n)}/秒`, rateHint: (most) => `最近一分钟每秒的邮件数，最多 ${count(most)}`,
    storeHint: '存储中的内容', rules: (n) => `${count(n)} 条规则`, rulesHint: '生效的规则及其应用次数',
    queue: (n) => `队列 ${count(n)}`, queueHint: '队列中的投递，以及下一项何时到期',
    caughtUp: (n) => (n ? `已补上 ${count(n)} 个事件` : '没有遗漏'), lagged: '遗漏过多：已重新列出',
  },

  keys: {
    title: '键盘', then: '然后',
    places: { list: '列表和队列', message: '邮件', go: '前往', everywhere: '任何地方' },
  },

  commands: {
    compare: '与…比较',
    next: '下一封', previous: '上一封', open: '打开邮件', select: '选择', extend: '向下扩选', extendUp: '向上扩选', selectAll: '全选', undo: '撤销删除', retry: '立即重试或重新排队', allRead: '全部标为已读', empty: '删除此处全部邮件…',
    seen: '标为未读或已读', remove: '删除邮件', reply: '回复', replyAll: '全部回复', resend: '重新投递…', release: '释放…', compose: '写邮件', tabs: '邮件的标签页', close: '关闭邮件、清除搜索',
    filter: '筛选邮箱', search: '搜索', clock: '时钟', setup: '如何向这里发送邮件', sample: '发送示例邮件', help: '键盘',
    palette: '全部命令', copyLink: '复制此处的链接', forgetSearches: '清除搜索历史', settings: '设置', pin: '置顶或取消置顶此邮箱',
  },

  compare: {
    title: '比较', what: '比较内容', tabs: { rendered: '显示效果', text: '文本', html: 'HTML 源码', headers: '邮件头' },
    swap: '左右互换', comparing: '正在比较…', same: '没有差异。', differing: (n) => `${count(n)} 行不同`, equal: (n) => `${count(n)} 行相同`,
    how: '方式', beside: '并排', overlay: '差异叠加', overlayHint: '黑色表示相同，有颜色之处不同。',
    width: '宽度', widths: { phone: '手机', tablet: '平板', full: '全宽' },
    pick: (subject) => `打开要与“${subject}”比较的邮件`, like: '之前的同类邮件',
  },

  palette: {
    hint: '命令、邮箱或邮件', search: (text) => `在邮件中搜索“${text}”`, kinds: { command: '命令', place: '前往', mailbox: '邮箱', search: '搜索', message: '邮件' },
  },

  settings: {
    title: '设置', language: '语言', density: '行距', densities: { comfortable: '宽松', compact: '紧凑' },
    times: '时间', timesAs: { relative: '相对', exact: '精确' }, grouping: '按域名分组', groupings: { auto: '较多时', on: '总是', off: '从不' },
    notify: '通知', notifyOf: { off: '关闭', all: '全部邮件', pinned: '置顶邮箱' },
    denied: '浏览器不允许在此发送通知：请查看浏览器对本站的设置。通知需要 localhost 或 HTTPS。',
  },

  notify: { mails: (n) => `${count(n)} 封新邮件` },

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
    sessionsFailed: '无法加载会话。',
    attemptsFailed: '无法加载尝试记录。',
    rulesFailed: '无法加载规则。',
    ruleFailed: '无法更改规则。',
    magicFailed: '无法加载魔法地址。',
    clockFailed: '无法更改时钟。',
    infoFailed: '服务器没有告知它的地址。',
  },
};
