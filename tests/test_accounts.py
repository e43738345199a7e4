"""ACN: accounts, sessions, tokens, failures, the log of reads."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from landrelease.errors import LandReleaseError
from landrelease.store import accounts as module
from landrelease.store.accounts import Account, Accounts
from landrelease.store.passwords import well_known

GOOD = "four random words do"


class Clock:
    def __init__(self):
        self.at = datetime(2027, 5, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(tmp_path, clock):
    made = Accounts(tmp_path / "r.gpkg.accounts", now=clock)
    made.add(Account("m.office", "planner", "Operator A", ("District 1",), "person-1"), GOOD)
    yield made
    made.close()


def test_an_account_comes_back_as_it_was_made(accounts):
    assert accounts.all() == [
        Account("m.office", "planner", "Operator A", ("District 1",), "person-1")]
    assert accounts.check("m.office", GOOD, address="a").name == "m.office"
    assert accounts.check("m.office", GOOD + " not", address="a") is None
    assert accounts.check("nobody", GOOD, address="a") is None


def test_no_secret_stands_in_the_file(accounts, tmp_path):
    secret, session = accounts.begin("m.office")
    token = accounts.make_token("m.office", "GIS", 30)
    accounts.close()
    content = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    for hidden in (GOOD, secret, token):
        assert hidden.encode() not in content
    assert b"$argon2id$" in content and session.csrf != secret
    assert (tmp_path / "r.gpkg.accounts").stat().st_mode & 0o077 == 0


def test_passwords_are_hashed_as_the_second_recommended_option_of_rfc_9106(
        accounts, tmp_path, costly_passwords):
    """What was hashed at less is hashed anew at the next sign-in."""
    def costs():
        with closing(sqlite3.connect(tmp_path / "r.gpkg.accounts")) as db:
            return [p[:30] for (p,) in db.execute("SELECT password FROM account ORDER BY name")]

    assert costs() == ["$argon2id$v=19$m=8,t=1,p=1$" + costs()[0][27:]]  # of the tests
    assert accounts.check("m.office", GOOD) is not None
    accounts.add(Account("n.office", "donor"), GOOD + " too")
    assert accounts.check("n.office", GOOD + " too") is not None
    assert costs() == ["$argon2id$v=19$m=65536,t=3,p=4"] * 2


@pytest.mark.parametrize("password", [
    "short", "aaaaaaaaaaaaaaaa", "m.office is my name", "password1234", "qwertyuiop12", "x" * 1001,
    "landrelease2027!", "1qaz2wsx3edc4rfv", "Liverpool1892", "qazwsxedcrfv", "manchesterunited",
    "iloveyou1234", "q1w2e3r4t5y6", "qwertyuiop[]"])
def test_weak_passwords_are_refused(accounts, password):
    with pytest.raises(LandReleaseError) as raised:
        accounts.add(Account("m.office", "planner"), password)
    assert raised.value.code == "WEB-003" and password not in str(raised.value)


def test_of_passwords_that_nobody_tries_first_few_are_refused():
    """Those that are known are refused with certainty; of any others one in a hundred."""
    chance = random.Random(1)
    made = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=16)) for _ in range(5_000)]
    assert sum(map(well_known, made)) < 100
    assert not well_known("four random words do") and not well_known("чотири випадкові слова")


def test_names_are_checked_and_taken_once(accounts):
    for name, code in (("m.office", "WEB-002"), ("", "WEB-001"), ("a b", "WEB-001"),
                       ("x" * 65, "WEB-001"), ("a';--", "WEB-001")):
        with pytest.raises(LandReleaseError) as raised:
            accounts.add(Account(name, "planner"), GOOD)
        assert raised.value.code == code


def test_failures_make_the_name_and_the_address_wait_and_a_success_frees_the_name(accounts, clock):
    for _ in range(module.FAILURES):
        assert not accounts.waits("account m.office")
        accounts.check("m.office", "wrong password it is", address="10.0.0.9")
    assert accounts.waits("account m.office") > 0
    # An address may be that of a whole office: one person's errors do not shut it.
    for n in range(module.FAILURES, module.ADDRESS_FAILURES):
        assert not accounts.waits("address 10.0.0.9")
        accounts.check(f"nobody.{n}", "wrong password it is", address="10.0.0.9")
    assert accounts.waits("address 10.0.0.9") > 0
    assert not accounts.waits("account other", "address 10.0.0.1")
    clock.at += timedelta(minutes=module.FAILURE_MINUTES, seconds=1)
    assert not accounts.waits("account m.office", "address 10.0.0.9")
    accounts.check("m.office", "wrong password it is", address="10.0.0.9")
    accounts.check("m.office", GOOD, address="10.0.0.9")
    with sqlite3.connect(accounts.path) as db:
        assert [w for (w,) in db.execute("SELECT who FROM failure")] == ["address 10.0.0.9"]


def test_sessions_end_by_time_by_idleness_and_by_hand(accounts, clock):
    secret, session = accounts.begin("m.office")
    assert accounts.session(secret) == session and accounts.session("other") is None
    for _ in range(5):
        clock.at += timedelta(hours=module.IDLE_HOURS, minutes=-5)
        assert accounts.session(secret) is not None, "used, so not idle"
    clock.at += timedelta(hours=module.IDLE_HOURS, minutes=5)
    assert accounts.session(secret) is None
    secret, _ = accounts.begin("m.office")
    start = clock.at
    while clock.at - start < timedelta(hours=module.SESSION_HOURS):
        assert accounts.session(secret) is not None
        clock.at += timedelta(hours=1)
    clock.at += timedelta(minutes=1)
    assert accounts.session(secret) is None
    secret, _ = accounts.begin("m.office")
    accounts.end(secret)
    assert accounts.session(secret) is None


def test_another_password_or_a_closed_account_ends_all_sessions_and_tokens(accounts):
    secret, _ = accounts.begin("m.office")
    token = accounts.make_token("m.office", "GIS", 30)
    accounts.set_password("m.office", "another four random words")
    assert accounts.session(secret) is None and accounts.of_token(token) is None
    secret, _ = accounts.begin("m.office")
    accounts.disable("m.office")
    assert accounts.session(secret) is None
    assert accounts.check("m.office", "another four random words", address="a") is None
    for act in (lambda: accounts.disable("x"), lambda: accounts.make_token("x", "", 1),
                lambda: accounts.set_password("x", GOOD)):
        with pytest.raises(LandReleaseError) as raised:
            act()
        assert raised.value.code == "WEB-004"


def test_tokens_end(accounts, clock):
    token = accounts.make_token("m.office", "GIS", 30)
    assert accounts.of_token(token).name == "m.office" and accounts.of_token("x") is None
    clock.at += timedelta(days=31)
    assert accounts.of_token(token) is None


def test_the_log_shows_the_newest_first(accounts):
    for n in range(3):
        accounts.log("m.office", "planner", "hazard", f"{n} items")
    assert [row[4] for row in accounts.logged(2)] == ["2 items", "1 items"]


def test_a_file_that_is_something_else_is_told(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LandReleaseError) as raised:
        Accounts(path)
    assert raised.value.code == "WEB-005"


def test_who_signed_in_from_an_address_is_counted_there_by_itself(accounts, clock, monkeypatch):
    """Neither strangers who type its name elsewhere nor others behind its address make it wait;
    its own failures do, and guesses from there are no more than five either."""
    monkeypatch.setattr(module, "_verified", lambda hashed, password: password == GOOD)
    accounts.add(Account("n.office", "planner"), GOOD)
    assert accounts.check("m.office", GOOD, address="home").name == "m.office"
    for n in range(module.ADDRESS_FAILURES):
        accounts.check(f"nobody.{n}", "wrong password it is", address="home")
    for _ in range(module.FAILURES):
        accounts.check("m.office", "wrong password it is", address="elsewhere")
    assert accounts.waits("account m.office") > 0 and accounts.waits("address home") > 0

    def code(name, password, address):
        try:
            found = accounts.check(name, password, address=address)
        except LandReleaseError as error:
            return error.code
        return found and found.name

    assert code("m.office", GOOD, "home") == "m.office"
    assert code("n.office", GOOD, "home") == "WEB-014", "never signed in there"
    assert code("m.office", GOOD, "elsewhere") == "WEB-014"
    for _ in range(module.FAILURES):
        assert code("m.office", "wrong password it is", "home") is None
    assert code("m.office", GOOD, "home") == "WEB-014"
    # What was known ends: with another password, and after 90 days.
    clock.at += timedelta(minutes=module.FAILURE_MINUTES, seconds=1)
    assert code("m.office", GOOD, "home") == "m.office"
    clock.at += timedelta(days=module.KNOWN_DAYS, seconds=1)
    with sqlite3.connect(accounts.path) as db:
        assert not accounts._known(db, "m.office", "home")
    assert code("m.office", GOOD, "home") == "m.office"
    accounts.set_password("m.office", GOOD + " more")
    with sqlite3.connect(accounts.path) as db:
        assert not accounts._known(db, "m.office", "home")
    for n in range(module.KNOWN_MOST + 5):
        clock.at += timedelta(seconds=1)
        assert code("n.office", GOOD, f"place {n}") == "n.office"
    with sqlite3.connect(accounts.path) as db:
        kept = {a for (a,) in db.execute("SELECT address FROM signed_in_from")}
    assert len(kept) == module.KNOWN_MOST and "place 0" not in kept


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(accounts, monkeypatch):
    """Each is counted before the password is looked at: while the first ones are still being
    looked at, the others wait already."""
    import threading

    looked = []
    everybody = threading.Barrier(module.FAILURES)

    def slow(hashed, password):
        looked.append(password)
        everybody.wait(20)  # all that may be looked at are being looked at
        return False

    monkeypatch.setattr(module, "_verified", slow)
    answers = []

    def guess(n):
        own = Accounts(accounts.path, now=accounts.now)
        try:
            answers.append(own.check("m.office", f"guess number {n}", address="a"))
        except LandReleaseError as error:
            answers.append(error.code)
        own.close()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(looked) == module.FAILURES
    assert answers.count("WEB-014") == 40 - module.FAILURES


def test_a_right_password_takes_its_own_count_back(accounts):
    for _ in range(3 * module.FAILURES):
        assert accounts.check("m.office", GOOD, address="a").name == "m.office"
    assert accounts.waits("account m.office", "address a") == 0
