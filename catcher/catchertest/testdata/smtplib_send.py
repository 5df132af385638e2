"""Sends one mail with Python's smtplib: smtplib_send.py HOST PORT CASE."""

import smtplib
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

TEXT = "From: a@a.test\r\nSubject: raw\r\n\r\n"


def letter(policy):
    m = EmailMessage(policy=policy)
    m["From"] = Address("Ärger & Söhne", "a", "a.test")
    m["To"] = "to@b.test"
    m["Cc"] = "cc@b.test"
    m["Bcc"] = "bcc@b.test"
    m["Subject"] = "Grüße"
    m.set_content("Guten Tag\n.\n..\n")
    return m


def message(s):
    s.send_message(letter(SMTP))


def international(s):
    m = letter(SMTPUTF8)
    del m["To"]
    m["To"] = Address("用户", "用户", "例子.test")
    s.send_message(m)


def login(s):
    s.login("alice", "secret")  # takes the best that is offered
    s.sendmail("a@a.test", ["login@b.test"], TEXT + "after login\r\n")


def plain(s):
    authenticate(s, "PLAIN", s.auth_plain)


def late_plain(s):
    authenticate(s, "PLAIN", s.auth_plain, initial_response_ok=False)


def login_mechanism(s):
    authenticate(s, "LOGIN", s.auth_login)


def authenticate(s, mechanism, responses, **options):
    s.user, s.password = "alice@a.test", "secret"
    s.ehlo()
    s.auth(mechanism, responses, **options)
    s.sendmail("a@a.test", ["login@b.test"], TEXT + "after login\r\n")


def dsn(s):
    s.sendmail(
        "a@a.test",
        ["dsn@b.test"],
        TEXT + "dsn\r\n",
        mail_options=["RET=HDRS", "ENVID=QQ+2B314159"],
        rcpt_options=["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;Bob+2Btag@b.test"],
    )


def eight_bit(s):
    s.sendmail("a@a.test", ["bits@b.test"], TEXT.encode() + b"caf\xe9 \x00 \xff\r\n", mail_options=["BODY=8BITMIME"])


def dots(s):
    s.sendmail("a@a.test", ["dots@b.test"], TEXT + ".\n..\n.x\nend")  # gets CRLF and one at the end


def bare(s):
    """What data() would mend goes out as it is: bare LF, bare CR, a dot alone between LFs."""
    s.ehlo("client.test")
    s.mail("a@a.test")
    s.rcpt("bare@b.test")
    assert s.docmd("DATA")[0] == 354
    s.send(TEXT.encode() + b"one\n.\ntwo\r.\rthree\n..\r\n..\r\n...x\r\n\n.\r\n\r\n.\r\n")
    code, text = s.getreply()
    assert code == 250, (code, text)


def refused(s):
    """One bad recipient among good ones: smtplib goes on with the rest."""
    refused = s.sendmail("a@a.test", ["good@b.test", "b@d@b.test"], TEXT + "partly\r\n")
    assert list(refused) == ["b@d@b.test"], refused


def many(s):
    for n in range(20):
        s.sendmail("a@a.test", ["many@b.test"], TEXT + "number %d\r\n" % n)
        s.rset()


host, port, case = sys.argv[1:]
with smtplib.SMTP(host, int(port), local_hostname="client.test", timeout=60) as server:
    globals()[case](server)
