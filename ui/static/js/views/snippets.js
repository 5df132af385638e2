// Settings that point an application at Postroom.

/** reachable is a listening address as the reader's machine can dial it: all interfaces become the host of this page. */
export const reachable = (address) => address.replace(/^(0\.0\.0\.0|\[::\]|\*)?(?=:\d+$)/, location.hostname);

export const frameworks = {
  Nodemailer: (host, port) => `nodemailer.createTransport({
  host: '${host}',
  port: ${port},
  secure: false,
})`,
  Django: (host, port) => `# settings.py
EMAIL_HOST = '${host}'
EMAIL_PORT = ${port}`,
  Rails: (host, port) => `# config/environments/development.rb
config.action_mailer.delivery_method = :smtp
config.action_mailer.smtp_settings = { address: '${host}', port: ${port} }`,
  Laravel: (host, port) => `# .env
MAIL_MAILER=smtp
MAIL_HOST=${host}
MAIL_PORT=${port}`,
  Spring: (host, port) => `# application.properties
spring.mail.host=${host}
spring.mail.port=${port}`,
  PHPMailer: (host, port) => `$mail->isSMTP();
$mail->Host = '${host}';
$mail->Port = ${port};`,
  Shell: (host, port) => `printf 'Subject: Hello\\r\\n\\r\\nIt works.\\r\\n' |
  curl smtp://${host.includes(':') ? `[${host}]` : host}:${port} -T - \\
    --mail-from app@example.test --mail-rcpt alice@example.test`,
};
