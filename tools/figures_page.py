"""The table of metrics of docs/figures.md, from the code: `python tools/figures_page.py`."""

from landrelease.figures.catalogue import metrics


def table() -> str:
    rows = [f"| `{m.id}` | {m.unit} | {m.definition}"
            + (f" {'Share of' if m.unit == 'share' else 'Divided by'}: {m.denominator}."
               if m.denominator else "") + " |" for m in metrics()]
    return "\n".join(["| figure | unit | what it is |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    print(table())
