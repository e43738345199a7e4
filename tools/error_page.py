"""Write docs/errors.md from the catalogue: `python tools/error_page.py > docs/errors.md`."""

from landrelease import errors


def mended(message: errors.Message) -> str:
    return f" On a page: {message.on_page}" if message.on_page else ""


def page() -> str:
    messages = sorted(
        (m for m in vars(errors).values() if isinstance(m, errors.Message)), key=lambda m: m.code)
    rows = [f"| {m.code} | {m.problem} | {m.remedy}{mended(m)} |".replace("\n", " ")
            for m in messages]
    return "\n".join([
        "# Messages", "",
        "Every message that a user can meet. Codes never change, so that field guides and "
        "translations can use them.", "",
        "| code | what is wrong | how to mend it |", "| --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    print(page(), end="")
