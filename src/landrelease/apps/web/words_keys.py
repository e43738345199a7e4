"""The texts of the page of personal keys, in English."""

from __future__ import annotations

ENGLISH = {
    "keys": "Keys",
    "keys.words": "Whose signature counts. A key counts once somebody who may vouch has heard its "
                  "fingerprint from the person and signed for it. Persons stand here by their id.",
    "keys.person": "Person", "keys.fingerprint": "Fingerprint",
    "keys.by": "Vouched for by", "keys.since": "Counts since", "keys.until": "Last day",
    "keys.may_vouch": "May vouch", "keys.first": "the first key of this office",
    "keys.counts": "counts", "keys.ends": "counts up to its last day", "keys.ended": "ended",
    "keys.unverified": "nobody vouched for it",
    "keys.own": "A key of your own",
    "keys.own_words": "It is made in this browser. Its private part stays in the file that you "
                      "save, locked by the passphrase, and never comes to the server; only the "
                      "public part is recorded. Keep a copy of the file in a safe place.",
    "keys.no_person": "Your account names no person: ask whoever keeps the accounts to enter your "
                      "record, then make your key here.",
    "keys.passphrase": "Passphrase of the new key", "keys.again": "The passphrase once more",
    "keys.passphrase_hint": "At least {least} characters. Nobody can open the file without it.",
    "keys.make": "Make the key",
    "keys.made": "The key was recorded. Save the file now: it is kept nowhere else. Then read the "
                 "fingerprint out to somebody who may vouch.",
    "keys.save": "Save the file of the key",
    "keys.differ": "The passphrase was typed in two ways.",
    "keys.cannot": "This browser cannot make such a key, or the page was not opened over https.",
    "keys.vouch": "Vouch for a key",
    "keys.vouch_words": "Hear the fingerprint from the person, by voice or face to face, and type "
                        "in what you heard.",
    "keys.heard": "The fingerprint that you heard", "keys.role": "Role of the person",
    "keys.role_kept": "as it is on record",
    "keys.may_hint": "Give at least two persons the right to vouch.",
    "keys.yes": "yes", "keys.no": "no", "keys.as_is": "as it is",
    "keys.until_hint": "Empty: without an end.",
    "keys.do_vouch": "Sign for the key", "keys.vouched": "You vouched for the key.",
    "keys.revoke": "End a key",
    "keys.revoke_words": "What it signed in its time goes on counting; nothing after its last day "
                         "does.",
    "keys.reason": "Why", "keys.last_hint": "Empty: yesterday.",
    "keys.do_revoke": "End the key", "keys.revoked": "The key has ended.",
}
