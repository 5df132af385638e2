<?php
// Laravel sends by Symfony's mailer, with the settings of .env; SMTP_HOST and SMTP_PORT
// are where the host and port of the snippet lead to here.
require 'Symfony/Component/Mailer/autoload.php';

use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport\Smtp\EsmtpTransport;
use Symfony\Component\Mime\Email;

$env = parse_ini_file($argv[1], false, INI_SCANNER_TYPED);
[$env['MAIL_MAILER'], $env['MAIL_HOST'], $env['MAIL_PORT']] === ['smtp', 'postroom', 1025] || exit("other settings: " . json_encode($env) . "\n");
$transport = new EsmtpTransport(getenv('SMTP_HOST'), (int) getenv('SMTP_PORT'), $env['MAIL_ENCRYPTION'] === 'tls');
if ($env['MAIL_USERNAME'] !== null) {
    exit("there is a user\n");
}
(new Mailer($transport))->send((new Email())->from($env['MAIL_FROM_ADDRESS'])->to('alice@a.test')->subject('Hello from Laravel')->text('Your code is 271828'));
