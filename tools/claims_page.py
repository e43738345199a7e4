"""The table of findings of docs/claims.md, from the code: `python tools/claims_page.py`."""

from landrelease.figures.claims_codes import CODES


def table() -> str:
    rows = [f"| `{code}` | {verdict.replace('_', ' ')} | {words} |"
            for code, (verdict, words) in CODES.items()]
    return "\n".join(["| code | verdict | what it says |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    print(table())
