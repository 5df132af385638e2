// Settings that point an application at Postroom.

/** reachable is a listening address as the reader's machine can dial it: all interfaces become the host of this page. */
export function reachable(address) {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return address;
  return ['', '0.0.0.0', '[::]', '*'].includes(host) ? `${location.hostname}:${port}` : address;
}

export const frameworks = {
  nodemailer: {
    label: 'Nodemailer',
    text: (host, port) => `nodemailer.createTransport({
  host: '${host}',
  port: ${port},
  secure: false,
})`,
  },
  django: {
    label: 'Django',
    text: (host, port) => `# settings.py
EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'
EMAIL_HOST = '${host}'
EMAIL_PORT = ${port}`,
  },
  rails: {
    label: 'Rails',
    text: (host, port) => `# config/environments/development.rb
config.action_mailer.delivery_method = :smtp
config.action_mailer.smtp_settings = {
  address: '${host}',
  port: ${port},
}`,
  },
  laravel: {
    label: 'Laravel',
    text: (host, port) => `# .env
MAIL_MAILER=smtp
MAIL_HOST=${host}
MAIL_PORT=${port}
MAIL_USERNAME=null
MAIL_PASSWORD=null`,
  },
  spring: {
    label: 'Spring',
    text: (host, port) => `# application.properties
spring.mail.host=${host}
spring.mail.port=${port}`,
  },
  php: {
    label: 'PHP',
    text: (host, port) => `// PHPMailer
$mail->isSMTP();
$mail->Host = '${host}';
$mail->Port = ${port};
$mail->SMTPAuth = false;`,
  },
  go: {
    label: 'Go',
    text: (host, port) => `smtp.SendMail("${join(host, port)}", nil,
    "app@example.test", []string{"alice@example.test"},
    []byte("Subject: Hello\\r\\n\\r\\nIt works.\\r\\n"))`,
  },
};

export const shell = [
  (host, port) => `swaks --server ${join(host, port)} \\
  --from app@example.test --to alice@example.test`,
  (host, port) => `printf 'Subject: Hello\\r\\n\\r\\nIt works.\\r\\n' |
  curl smtp://${join(host, port)} -T - \\
  --mail-from app@example.test --mail-rcpt alice@example.test`,
];

const join = (host, port) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
