"""The texts of the page of one's own account, in English."""

from __future__ import annotations

ENGLISH = {
    "account": "Your account",
    "account.words": "Role, organisation and areas are given by whoever keeps the accounts.",
    "account.role": "Role", "account.organisation": "Organisation", "account.areas": "Areas",
    "account.everywhere": "all",
    "account.password": "Another password",
    "account.password_words": "It ends all your other sessions and all tokens of your programs; "
                              "they need a new token afterwards.",
    "account.old": "The password that you have now",
    "account.new": "The new password",
    "account.new_hint": "At least {least} characters. Four random words do well.",
    "account.again": "The new password once more",
    "account.change": "Change the password",
    "account.changed": "The password was changed. All other sessions and all tokens have ended.",
    "account.sessions": "Where you are signed in",
    "account.begun": "Signed in (UTC)", "account.used": "Last used (UTC)",
    "account.how": "How", "account.by_password": "with a password",
    "account.this_one": "this one",
    "account.end": "End", "account.end_all": "End all sessions, this one too",
    "account.end_all_ask": "Sign out everywhere, here too?",
    "account.ended": "It has ended.",
    "account.tokens": "Tokens of your programs",
    "account.tokens_words": "With a token a program (a GIS, a phone) reads as you, or also sends "
                            "what you may send. Give it to nobody, and end those that you do not "
                            "use.",
    "account.label": "For", "account.until": "Ends (UTC)", "account.made": "Made (UTC)",
    "account.label_hint": "The program and where it runs, for example: QGIS on my laptop.",
    "account.scope": "What it may do",
    "account.scope.read": "read alone", "account.scope.write": "read and send",
    "account.days": "For how many days",
    "account.new_token": "A new token", "account.make_token": "Make the token",
    "account.confirm": "Your own password once more",
    "account.renew": "You signed in with a one-time word. Choose a password of your own: until "
                     "then you see what everybody sees. The password that you have now is the "
                     "one-time word.",
    "once.word": "One-time word", "once.token": "Token",
    "once.word_words": "Give it to the person whom you know it to be, not by mail. It is shown "
                       "this once, works for {hours} hours, and is for choosing a password alone.",
    "once.token_words": "Copy it into the program now: it is shown this once and kept nowhere.",
    "once.copy": "Copy", "once.copied": "Copied.", "once.done": "Done",
    "accounts": "Accounts",
    "keep.words": "Who may sign in, as what, and for which ground. Whoever is not in the programme "
                  "any more is locked: what the account did stays in the log.",
    "keep.open": "open", "keep.locked": "locked",
    "keep.one_time": "has a one-time word until {until}",
    "keep.one_time_over": "the time of the one-time word is over",
    "keep.new": "A new account",
    "keep.new_words": "It is made with a one-time word, with which the person signs in within "
                      "{hours} hours and chooses a password.",
    "keep.name_hint": "2 to 64 letters, digits, dots, dashes or @.",
    "keep.choose_role": "choose: the least that is needed",
    "keep.organisation_hint": "Opens the records of this organisation, written as in the records.",
    "keep.areas_hint": "One a line: the name or identifier of an administrative area on record, a "
                       "polygon as WKT, or west,south,east,north. Empty: all ground.",
    "keep.person": "Record of the person",
    "keep.person_hint": "Its id; signatures then need the key of this person.",
    "keep.make": "Make the account",
    "keep.all": "All accounts", "keep.sessions": "Open sessions", "keep.tokens": "Tokens",
    "keep.own": "This is your own account: another administrator changes it. Your password and "
                "tokens:",
    "keep.do": "What to do with it",
    "keep.change": "Change role, organisation, areas",
    "keep.change_words": "It holds from the next page on that the person opens, and for the tokens "
                         "of the account as well. Messages about changes stop until the person "
                         "wakes them.",
    "keep.change_do": "Change the account", "keep.changed": "The account was changed.",
    "keep.reset": "A one-time word for a forgotten password",
    "keep.reset_words": "First make sure who asks. The password that was ends, with all sessions "
                        "and tokens; the word works for {hours} hours.",
    "keep.reset_do": "Make a one-time word",
    "keep.lock": "Lock the account", "keep.unlock": "Unlock the account",
    "keep.lock_words": "Nobody signs in with it until it is unlocked; its sessions and tokens end.",
    "keep.unlock_words": "It signs in again with the password that it had. Tokens are made anew.",
    "keep.end": "End all sessions",
    "keep.end_words": "Open sessions: {count}. The person signs in again; tokens stay.",
    "keep.token_words": "For a program or a phone that reads as this account. Who gets it can do "
                        "what the account can do.",
    "keep.log": "What the log says last of this account",
    "keep.at": "When", "keep.what": "What", "keep.detail": "Which",
}
