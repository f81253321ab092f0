"""A mail server for tests: aiosmtpd on a free port of this machine.

    mail_server.py [CERTIFICATE KEY [USER PASSWORD]]

It says its port in a line, then each mail it takes in a line, as JSON. With a certificate it has STARTTLS, and refuses mail without it;
with a user it wants to know who sends. It ends when its standard input does.
"""

import asyncio
import json
import ssl
import sys
import threading
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


def say(what):
    print(json.dumps(what), flush=True)


class Taker:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        say({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["Subject"], "id": mail["Message-ID"],
            "date": mail["Date"], "body": mail.get_content(), "headers": list(mail.keys()), "tls": session.ssl is not None,
        })
        return "250 taken"


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()), handled=False)

    return check


async def main():
    more = {}
    if len(sys.argv) > 2:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        more = {"tls_context": context, "require_starttls": True}
    if len(sys.argv) > 4:
        more |= {"authenticator": authenticator(sys.argv[3], sys.argv[4]), "auth_required": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Taker(), hostname="127.0.0.1", **more), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    over = asyncio.Event()
    reader = threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(over.set)), daemon=True)
    reader.start()
    await over.wait()


asyncio.run(main())
