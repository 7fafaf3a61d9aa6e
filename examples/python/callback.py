"""Hears from lunas how payments ended that were left open, with Python's standard library alone.

    LUNAS_API_KEY=rahasia123 python3 callback.py
"""

# == Callback

import hashlib
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("LUNAS_CALLBACK_PORT", "8090"))
USERNAME = os.environ.get("LUNAS_USERNAME", "081234567890")
API_KEY = os.environ.get("LUNAS_API_KEY") or sys.exit("set LUNAS_API_KEY to your API key")
LONGEST = 64 * 1024

# In an application this is your table of payments, with tr_id as its key.
heard = set()
hearing = threading.Lock()


def is_signed(data):
    expected = hashlib.md5(f"{USERNAME}{API_KEY}{data['ref_id']}".encode()).hexdigest()
    # Compared in constant time: how long it takes tells nothing about the right signature.
    return hmac.compare_digest(expected.encode(), str(data["sign"]).encode())


def take(data):
    """It is news and no proof: who moves money by it asks for the status first."""
    with hearing:
        if data["tr_id"] in heard:
            return "again, nothing to do"  # The same news may come twice, even at one time.
        heard.add(data["tr_id"])
    if data["response_code"] == "00":
        return f"paid, reference {data['noref']}"
    return f"failed: {data['response_code']} {data['message']}"


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        if self.path != "/callback":
            return self.answer(404)
        try:
            length = int(self.headers.get("Content-Length", 0))
            # One below zero would have all read that comes.
            if not 0 <= length <= LONGEST:
                return self.answer(413)
            data = json.loads(self.rfile.read(length))["data"]
            is_ours = is_signed(data)
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.answer(400)
        if not is_ours:
            return self.answer(403)
        print(f"Callback: {data['ref_id']} {take(data)}", flush=True)
        # Whatever takes long comes after the answer: lunas waits for ten seconds.
        self.answer(200)

    def do_GET(self):
        self.answer(405)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), Receiver)
print(f"Listening on http://127.0.0.1:{PORT}/callback", flush=True)
server.serve_forever()
