"""Pays a bill over lunas, with Python's standard library alone.

    LUNAS_API_KEY=rahasia123 python3 pay.py
"""

import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

# == Setup

URL = os.environ.get("LUNAS_URL", "http://127.0.0.1:8080")
USERNAME = os.environ.get("LUNAS_USERNAME", "081234567890")
API_KEY = os.environ.get("LUNAS_API_KEY") or sys.exit("set LUNAS_API_KEY to your API key")

# An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
PATIENCE = 35


class NoAnswer(Exception):
    """Nobody knows what became of the request: it may have been carried out."""


def sign(suffix):
    return hashlib.md5(f"{USERNAME}{API_KEY}{suffix}".encode()).hexdigest()


def fetch(request, patience=PATIENCE):
    """The body of the answer; a status other than 200 and 400 says nothing about the outcome."""
    try:
        with urllib.request.urlopen(request, timeout=patience) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code == 400:
            return error.read()
        raise NoAnswer(f"HTTP status {error.code}") from error
    except (OSError, http.client.HTTPException) as error:  # A lost connection, a timeout.
        raise NoAnswer(str(error)) from error


def send(command, signed, patience=PATIENCE, **fields):
    body = {"commands": command, "username": USERNAME, "sign": sign(signed), **fields}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{URL}/api/v1/bill/check", json.dumps(body).encode(), headers
    )
    try:
        return json.loads(fetch(request, patience))["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer("it cannot be read") from error


# == Inquiry


def inquire(code, hp, **fields):
    # Store your ref_id before it is sent: it is what you ask by when an answer is lost.
    ref_id = f"python-{uuid.uuid4()}"
    bill = send("inq-pasca", ref_id, code=code, hp=hp, ref_id=ref_id, **fields)
    if bill["response_code"] != "00":
        sys.exit(f"Inquiry refused: {bill['response_code']} {bill['message']}")
    # Amounts are whole rupiah. The customer pays the price, your deposit the selling price.
    print(f"Inquiry: {bill['tr_name']} owes Rp {bill['price']}, you pay Rp {bill['selling_price']}")
    return bill


# == Payment


def pay(bill, patience=PATIENCE):
    try:
        answer = send("pay-pasca", str(bill["tr_id"]), patience, tr_id=bill["tr_id"])
    except NoAnswer as reason:
        print(f"Payment: answer lost ({reason}), asking for the status")
        answer = None
    return settle(bill, answer)


# == Check status after a lost answer


def settle(bill, answer):
    """Asks until there is an outcome.

    A lost answer is no failure. To pay under a new ref_id could pay twice, and to give your
    customer the money back could give away a bill that is paid.
    """
    for _ in range(60):
        match answer and answer["response_code"]:
            case "00":
                print(f"Payment: paid, reference {answer['noref']}, deposit Rp {answer['balance']}")
                return
            case None | "39" | "01":  # Unknown, in process, or paid before: the status tells.
                time.sleep(1)
                answer = ask("checkstatus", "cs", ref_id=bill["ref_id"])
            case "42":  # The payment never arrived. The same tr_id is paid once at most.
                answer = ask("pay-pasca", str(bill["tr_id"]), tr_id=bill["tr_id"])
            case code:
                sys.exit(f"Payment failed: {code} {answer['message']}")
    sys.exit(f"Payment: no outcome yet; ask for the status of {bill['ref_id']} later")


def ask(command, signed, **fields):
    try:
        return send(command, signed, **fields)
    except NoAnswer:
        return None


# == Receipt


def save_receipt(tr_id):
    # A receipt holds a person's data, so its request is signed, too.
    query = f"username={USERNAME}&sign={sign(f'{tr_id}receipt')}"
    pdf = fetch(f"{URL}/api/v1/download/{tr_id}?{query}")
    if not pdf.startswith(b"%PDF"):
        sys.exit(f"Receipt refused: {pdf.decode()}")
    with open(f"receipt-{tr_id}.pdf", "wb") as file:
        file.write(pdf)
    print(f"Receipt: receipt-{tr_id}.pdf")


# == All together

try:
    bill = inquire("BPJS", "8801234560001", month="2")
    pay(bill)
    save_receipt(bill["tr_id"])

    # Half a second is too short on purpose: a server that takes its time loses this answer.
    pay(inquire("BPJS", "8801234560001", month="2"), patience=0.5)
except NoAnswer as reason:
    sys.exit(f"No answer: {reason}")
