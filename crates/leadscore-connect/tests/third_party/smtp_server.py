"""aiosmtpd on a loopback port of its own: says the port, then each message as Python's email package understands it."""

import asyncio
import base64
import datetime
import hashlib
import ipaddress
import json
import ssl
import sys
import tempfile
from email import message_from_bytes, message_from_string, policy

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MODE, MECHANISM = sys.argv[1:3]
USER, PASSWORD = "sales@example.com", "p:ä/ss wörd"


def certificates(folder):
    """A root of our own and a certificate for 127.0.0.1 and localhost, valid for an hour."""
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)

    def build(name, issuer, key, signer, *extensions):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - hour).not_valid_after(now + hour)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, hashes.SHA256())

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = dict(content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
                 encipher_only=False, decipher_only=False)
    root = build(name("Test root"), name("Test root"), root_key, root_key, (x509.BasicConstraints(True, 0), True),
                 (x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), True),
                 (x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False))
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    if MODE == "other-name":
        names = [x509.DNSName("mail.example.com")]
    leaf = build(name("mail"), root.subject, key, root_key, (x509.BasicConstraints(False, None), True),
                 (x509.SubjectAlternativeName(names), False),
                 (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False),
                 (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False))
    path = folder + "/server.pem"
    with open(path, "wb") as file:
        file.write(leaf.public_bytes(serialization.Encoding.PEM))
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, root.public_bytes(serialization.Encoding.PEM)


TOKEN = "ya29.t0ken"


class Handler:
    async def auth_XOAUTH2(self, server, args):
        """As Google documents it; aiosmtpd leaves mechanisms beyond PLAIN and LOGIN to its users."""
        print("AUTH", "XOAUTH2")
        told = base64.b64decode(args[1]) if len(args) > 1 else b""
        if told == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode():
            return AuthResult(success=True, auth_data=USER.encode())
        answer = await server.challenge_auth('{"status":"401","schemes":"bearer"}')
        print("ANSWER", repr(answer))
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        for word, answer in [("full", "452 4.2.2 Mailbox full"), ("nobody", "550 5.1.1 No such user here")]:
            if address.startswith(word + "@"):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        if "SMTPUTF8" in envelope.mail_options:
            # Headers are UTF-8 then; read as bytes, they are taken for broken ASCII.
            message = message_from_string(content.decode("utf-8"), policy=policy.SMTPUTF8)
        else:
            message = message_from_bytes(content, policy=policy.default)

        def mailboxes(header):
            return [[box.display_name, box.addr_spec] for box in message[header].addresses] if message[header] else None

        parts = [[part.get_content_type(), part.get_content_charset(), part.get_content().replace("\r\n", "\n")] for part in message.walk() if not part.is_multipart()]
        print("MESSAGE", json.dumps({
            "envelope": [envelope.mail_from, envelope.rcpt_tos, envelope.mail_options],
            "tls": server.transport.get_extra_info("ssl_object") is not None, "user": session.auth_data and session.auth_data.decode(),
            "from": mailboxes("from"), "to": mailboxes("to"), "reply_to": mailboxes("reply-to"),
            "subject": message["subject"], "date": message["date"].datetime.isoformat(),
            "message_id": message["message-id"], "type": message.get_content_type(),
            "unsubscribe": message["list-unsubscribe"], "one_click": message["list-unsubscribe-post"],
            "auto_submitted": message["auto-submitted"], "headers": message.keys(), "parts": parts,
            "defects": [repr(defect) for part in message.walk() for defect in part.defects]
                + [repr(defect) for value in message.values() for defect in value.defects],
            "longest_line": max(map(len, content.split(b"\r\n"))), "bare": content.replace(b"\r\n", b"").count(b"\n"),
            "sha256": hashlib.sha256(content).hexdigest(), "raw": base64.b64encode(content).decode(),
        }))
        return "250 2.0.0 Queued as 4XyZ"


class Injected(SMTP):
    """Somebody on the line puts answers in clear behind the one to STARTTLS; the TLS after it is as it should be."""

    async def push(self, status):
        if status.startswith("220 Ready to start TLS"):
            status += "\r\n250-mail.example.com\r\n250 AUTH PLAIN"
        await super().push(status)


def authenticate(server, session, envelope, mechanism, data):
    print("AUTH", mechanism)
    good = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


async def main():
    with tempfile.TemporaryDirectory() as folder:
        context, root = certificates(folder)
    implicit = MODE in ("implicit", "other-name")
    starttls = MODE in ("starttls", "injected")
    offered = {"NONE": [], "BOTH": ["PLAIN", "LOGIN"]}.get(MECHANISM, [MECHANISM])
    excluded = [mechanism for mechanism in ("PLAIN", "LOGIN", "XOAUTH2") if mechanism not in offered]

    def session():
        kind = Injected if MODE == "injected" else SMTP
        return kind(Handler(), hostname="mail.example.com", enable_SMTPUTF8=True, tls_context=context if starttls else None,
                    require_starttls=starttls, authenticator=authenticate, auth_required=MODE != "plain",
                    auth_require_tls=starttls, auth_exclude_mechanism=excluded)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=context if implicit else None)
    print("ROOT", base64.b64encode(root).decode())
    print("PORT", server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
