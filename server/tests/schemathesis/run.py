"""Lets Schemathesis try the OpenAPI document on the real server: run.py SERVER [SCHEMATHESIS OPTION …]

Starts the server with a database of its own, fills it over REST, runs Schemathesis with every check, stops the server and
lets it verify the books that are left. Exits 0 only when nothing was found.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

HERE = Path(__file__).parent
ADMIN = {"email": "ada@example.com", "password": "seven green kettles"}

# What the server is started with besides its place. Limits that are made for people, not for thousands of requests from one
# address, are widened here.
SETTINGS = {
    "DUEBOOK_LOG": "warn",
    "DUEBOOK_SIGN_UP": "approval",
    "DUEBOOK_AUTH_PASSWORD_ATTEMPTS": "1000000",
    **{f"DUEBOOK_LIMITS_{what}_A_MINUTE": "1000000" for what in ("PASSWORDS", "REGISTRATIONS", "REFRESHES", "IMPORTS")},
}

# A run takes a fraction of it; what hangs is not waited for.
MOST_SECONDS = 900

SHEET = """Name,Reference,Email,Outstanding,Due date
Birch & Co,B-1,ap@birch.example,120.50,2026-01-31
Cedar Ltd,B-2,ap@cedar.example,not an amount,2026-02-28
"""


def main(server, options):
    with tempfile.TemporaryDirectory(prefix="duebook-schemathesis-") as scratch:
        environment = os.environ | SETTINGS | {"DUEBOOK_ADDR": "127.0.0.1:0", "DUEBOOK_DATA_DIR": scratch}
        process = subprocess.Popen([server, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
        try:
            url = address(process)
            seed(url)
            found = schemathesis(url, scratch, options)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        # Whatever was sent, the books are still what the events say.
        wrong = subprocess.run([server, "verify"], env=environment, check=False).returncode
        return found or wrong


def address(process):
    """Where the server says it is."""
    for line in process.stdout:
        if told := re.search(r"http://\S+", line):
            return told[0]
    sys.exit("the server ended before it said where it is")


def schemathesis(url, scratch, options):
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{url}/api/v1/openapi.json",
        *options,
    ]
    environment = {
        **os.environ,
        "DUEBOOK_URL": url,
        "DUEBOOK_EMAIL": ADMIN["email"],
        "DUEBOOK_PASSWORD": ADMIN["password"],
        # hooks.py is found here; whatever is written along goes where it vanishes with the books.
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        return subprocess.run(command, cwd=scratch, env=environment, timeout=MOST_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        sys.exit(f"Schemathesis did not come to an end within {MOST_SECONDS} s")


def seed(url):
    """Something of everything, so that what is asked for can be there."""
    desk = Desk(url)
    desk.post("/auth/register", {"name": "Ada", **ADMIN})
    token = desk.post("/auth/login", ADMIN)["access_token"]
    desk.session.headers["authorization"] = f"Bearer {token}"
    for name in ("Acme", "Ash & Sons"):
        owing = {"name": name, "outstanding": {"amount": "900.00"}, "due_date": "2026-01-15", "tags": ["north"]}
        customer = desk.post("/customers", owing)["id"]
        desk.post(f"/customers/{customer}/notes", {"text": "Called; the cheque is in the post."})
        for status in ("open", "draft"):
            invoice = {"customer_id": customer, "total": {"amount": "250.00"}, "terms": "net_30", "status": status}
            desk.post("/invoices", invoice)
        for status in ("completed", "pending"):
            desk.post("/payments", {"customer_id": customer, "amount": {"amount": "40.00"}, "status": status})
    upload = {"file": ("customers.csv", SHEET.encode(), "text/csv")}
    held = desk.post("/imports", files=upload, data={"commit": "review"})["id"]
    desk.import_at(held, "validated")
    desk.post("/imports/mappings", {"import_id": held, "name": "Bank's sheet"})
    saved = desk.post("/imports", files=upload, data={"commit": "auto"})["id"]
    desk.import_at(saved, "completed_with_errors")


class Desk:
    """Somebody who uses the API."""

    def __init__(self, url):
        self.url = f"{url}/api/v1"
        self.session = requests.Session()

    def post(self, path, json=None, **rest):
        headers = {"idempotency-key": os.urandom(16).hex()}
        answer = self.session.post(self.url + path, json=json, headers=headers, timeout=60, **rest)
        if not answer.ok:
            sys.exit(f"POST {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def import_at(self, id, state):
        """Waits until an import has come to a state."""
        for _ in range(600):
            if self.session.get(f"{self.url}/imports/{id}", timeout=60).json()["state"] == state:
                return
            time.sleep(0.1)
        sys.exit(f"the import never was {state}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
