"""What Schemathesis has to know of Duebook besides its document."""

import itertools
import os
import re
import time
import zlib

import requests
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

API = os.environ["DUEBOOK_URL"] + "/api/v1"
CREDENTIALS = {"email": os.environ["DUEBOOK_EMAIL"], "password": os.environ["DUEBOOK_PASSWORD"]}


def sign_in():
    while True:
        answer = requests.post(f"{API}/auth/login", json=CREDENTIALS, timeout=60)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer.json()["access_token"]
        time.sleep(int(answer.headers["retry-after"]))


# An access token lasts 15 minutes. When an answer says that the sign-in no longer holds, because POST /auth/logout was
# among what was tried, Schemathesis asks for another.
@schemathesis.auth(refresh_interval=600)
class Admin:
    def get(self, case, context):
        return sign_in()

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


@schemathesis.deserializer("text/csv")
def text(context, response):
    return response.content.decode()


@schemathesis.deserializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(context, response):
    if not response.content.startswith(b"PK"):
        raise ValueError("this is no workbook")
    return response.content.decode("latin-1")


def get(path):
    return requests.get(API + path, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).json()


TOKEN = sign_in()
# The ids of what `run.py` entered, by the noun of the address they belong to.
SEEDED = {
    noun: [row["id"] for row in get(path)["data"]]
    for noun, path in {
        "customers": "/customers",
        "invoices": "/invoices",
        "payments": "/payments",
        "imports": "/imports",
        "mappings": "/imports/mappings",
        "notifications": "/notifications",
    }.items()
}
CURRENCIES = get("/openapi.json")["components"]["schemas"]["Currency"]["enum"]
KEYED = itertools.count(1)
REFERENCES = {"customer_id": "customers", "invoice_id": "invoices", "import_id": "imports"}


# Ids are opaque, so no made-up one is ever that of something, and a key that was used for one body is refused for all others.
# Therefore every other request names what is there, in a currency that is kept, and most have a key of their own. Only what
# is well-formed is put in the place of what is well-formed: wrong data stays wrong.


def mark(part):
    """A number for this part of a request, the same in every run."""
    return zlib.crc32(repr(part).encode())


def known(noun, part):
    return SEEDED[noun][mark(part) // 2 % len(SEEDED[noun])]


@schemathesis.hook
def map_case(context, case):
    headers, noun = case.headers or {}, case.operation.path.partition("/{id}")[0].rpartition("/")[2]
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch("[!-~]{1,255}", key) and next(KEYED) % 16:
        case.headers = {**headers, "Idempotency-Key": os.urandom(16).hex()}
    # Requests that follow from others name what these made.
    if case.meta.phase.name == TestPhase.STATEFUL:
        return case
    if case.path_parameters and noun in SEEDED and not mark(case.path_parameters) % 2:
        case.path_parameters = {**case.path_parameters, "id": known(noun, case.path_parameters)}
    if isinstance(case.body, dict) and not mark(case.body) % 2:
        case.body = named(case.body)
    return case


def named(part):
    if isinstance(part, list):
        return [named(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {name: in_place(name, value) for name, value in part.items()}


def in_place(name, value):
    if name in REFERENCES and isinstance(value, str):
        return known(REFERENCES[name], value)
    if name == "currency" and value in CURRENCIES:
        return "USD"
    return named(value)


# Rules that no schema can express. What breaks only these is well-formed and still refused, for what it means to the books.
MEANINGS = {
    # A row of the books is named that is not there, or not in the state that is needed.
    "unknown_customer", "unknown_user", "not_open", "unknown_column", "unknown_group", "no_such_sheet", "no_such_row",
    # Amounts: the digits, the bounds and the currency are those of the account, and what is left of an invoice or payment.
    "currency_mismatch", "too_many_decimals", "amount_too_large", "above_balance", "above_amount", "above_kept",
    "above_written_off", "repeated",
    # Days, beside today and each other.
    "in_the_future", "too_early", "before_issue",
    # Fields that exclude each other.
    "not_received", "not_declined",
    # Taken, spent or guessed by others.
    "reference_taken", "number_taken", "key_reused", "wrong_password", "wrong_code", "too_common",
    # Opaque, and made by the answer before.
    "invalid_cursor",
}
# The same where the code alone says too little: the operation, the field, the code.
MEANINGS_THERE = {
    # Labels are parted at commas and counted once.
    ("customers_create", "/tags", "too_long"), ("customers_update", "/tags", "too_long"),
    # Needed together with another field, or in the absence of one.
    ("customers_create", "/due_date", "required"), ("invoices_create", "/due_date", "required"),
    ("payments_update", "/reason", "required"),
    # The numbers have to rise.
    ("reports_ageing", "/buckets", "invalid_parameter"), ("reports_ageing_xlsx", "/buckets", "invalid_parameter"),
    ("reports_ageing_csv", "/buckets", "invalid_parameter"),
    # Fields are named by the headers of the file.
    ("imports_start", "/mapping", "unknown_field"),
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Of valid data that is refused, only what breaks one of these rules alone is no failure; of wrong data that is
    accepted, only what is too long by signs that leave no mark, and are not kept."""
    if isinstance(failure, AcceptedNegativeData):
        return not right_when_tidy(case)
    if not isinstance(failure, RejectedPositiveData):
        return True
    operation, problem = case.operation.definition.raw["operationId"], response.json()
    if operation == "imports_start" and problem["title"] == "This file can't be imported":
        return False
    errors = problem.get("errors", [])
    meant = (error["code"] in MEANINGS or (operation, error["pointer"], error["code"]) in MEANINGS_THERE for error in errors)
    return not (response.status_code == 422 and errors and all(meant))


# What leaves no mark, like `is_blank_char` of domain/src/field.rs.
BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff]+")


def right_when_tidy(case):
    """Whether nothing was wrong but a body whose texts are the right ones once they are kept as the server keeps them."""
    wrong = {where for where, part in case.meta.components.items() if part.mode.is_negative}
    if wrong != {ParameterLocation.BODY} or not isinstance(case.body, dict):
        return False
    return any(body.is_valid(tidy(case.body)) for body in case.operation.body)


def tidy(part):
    if isinstance(part, str):
        return BLANK.sub(" ", part).strip()
    if isinstance(part, list):
        return [tidy(item) for item in part]
    if isinstance(part, dict):
        return {name: tidy(value) for name, value in part.items()}
    return part
