"""The texts of the page of messages about changes, in English."""

from __future__ import annotations

ENGLISH = {
    "webhooks": "Messages",
    "hook.words": "The server tells another program that a record of these kinds is new or has "
                  "changed, as you may see it. Each message is signed; nothing is sent to an "
                  "address that is not public.",
    "hook.new": "Another address", "hook.address": "Address (https)",
    "hook.address_hint": "On the public network, without name or password in it.",
    "hook.kinds": "Kinds of record", "hook.make": "Send messages there",
    "hook.none_left": "You have as many as there may be: remove one first.",
    "hook.no_kinds": "You see no kind of record as it stands, so there is nothing to tell.",
    "hook.awake": "messages are sent", "hook.is_paused": "paused",
    "hook.failing": "failures in a row: {count}; it is tried again",
    "hook.why.closed": "rests: the account is locked",
    "hook.why.changed": "rests: the account was changed",
    "hook.why.many": "rests: too many messages waited",
    "hook.why.failures": "rests: too many failures in a row",
    "hook.test": "Send a test", "hook.pause": "Pause", "hook.wake": "Send again",
    "hook.remove": "Remove", "hook.remove_ask": "Send no more messages there?",
    "hook.attempts": "The last attempts", "hook.outcome": "What became of it",
    "hook.sent": "it arrived", "hook.status": "the receiver answered with status {status}",
    "hook.not_public": "not sent: the address is not public",
    "hook.timeout": "the receiver did not answer in time",
    "hook.no_connection": "no connection to the receiver",
    "hook.broke": "the connection broke",
    "hook.removed": "It was removed.", "hook.paused": "Nothing is sent there any more.",
    "hook.woken": "Messages are sent again, from now on.", "hook.tested": "A test was sent.",
    "hook.others": "Of other accounts",
    "hook.others_words": "Of each address the host alone: what follows it may be a secret of the "
                         "receiver.",
    "hook.host": "Host",
    "once.secret": "Secret",
    "once.secret_words": "With it the receiver checks the signature of each message "
                         "(X-Landrelease-Signature). It is shown this once and kept nowhere.",
}
