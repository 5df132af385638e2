"""Fetches a mailbox with Python's poplib: poplib_fetch.py HOST PORT USER PASSWORD CASE.

Writes the messages to stdout, each after its length in a line. poplib joins nothing:
its list of lines gets CRLF ends here again, so a line that came with LF alone would
show.
"""

import poplib
import sys


def fetch(p):
    count, octets = p.stat()
    sizes = [int(line.split()[1]) for line in p.list()[1]]
    uids = [line.split()[1] for line in p.uidl()[1]]
    assert len(sizes) == len(set(uids)) == count and sum(sizes) == octets, (count, octets, sizes, uids)
    for n in range(1, count + 1):
        _, lines, _ = p.retr(n)
        out(lines)


def top(p):
    for n in range(1, p.stat()[0] + 1):
        _, lines, _ = p.top(n, 1)
        out(lines)


def delete(p):
    fetch(p)
    for n in range(1, p.stat()[0] + 1):
        p.dele(n)


def reset(p):
    delete(p)
    p.rset()


def out(lines):
    data = b"".join(line + b"\r\n" for line in lines)
    sys.stdout.buffer.write(b"%d\n" % len(data) + data)


def main(host, port, user, password, case):
    p = poplib.POP3(host, int(port), timeout=60)
    capabilities = p.capa()
    assert {"TOP", "UIDL", "USER", "PIPELINING"} <= set(capabilities), capabilities
    if case == "apop":
        p.apop(user, password)
        fetch(p)
    elif case == "utf8":
        p.utf8()
        p.user(user)
        p.pass_(password)
        fetch(p)
    else:
        p.user(user)
        p.pass_(password)
        globals()[case](p)
    p.quit()


main(*sys.argv[1:])
