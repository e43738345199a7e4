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
    "account.tokens_words": "With a token a program (a GIS) reads as you. Whoever keeps the "
                            "accounts makes them: landrelease account token.",
    "account.label": "For", "account.until": "Ends (UTC)",
}
