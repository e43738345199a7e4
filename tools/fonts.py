"""Make the fonts that are shipped: the letters of our six languages, of Noto Sans and Noto Naskh
Arabic (SIL Open Font License 1.1; Debian's package fonts-noto-core, version 20201225-1).

    python tools/fonts.py FOLDER-WITH-THE-WHOLE-FONTS

Needs fontTools. The same fonts give the same bytes. Arabic keeps its forms, marks and joining.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

OUT = Path(__file__).resolve().parents[1] / "src" / "landrelease" / "data" / "fonts"
LATIN = "U+0020-007E,U+00A0-017F,U+018F,U+0192,U+0218-021B,U+02BC,U+02C6,U+02DC,U+0300-0304," \
    "U+0306-030C,U+0400-045F,U+0490-0493,U+0496-0497,U+049A-049B,U+04A2-04A3,U+04AE-04B3," \
    "U+04BA-04BB,U+04D8-04D9,U+04E8-04E9,U+1E9E,U+2010-2027,U+202F-203A,U+2070-2079," \
    "U+2080-2089,U+20AC,U+2113,U+2116,U+2122,U+2190-2193,U+2212,U+2215,U+2260-2265"
ARABIC = "U+0020-0021,U+0025,U+0028-002F,U+0030-003B,U+003D,U+00A0,U+00AB,U+00BB,U+060C," \
    "U+0615,U+061B-061C,U+061F,U+0621-065F,U+0660-066D,U+0670-06D3,U+06F0-06F9,U+200C-200F," \
    "U+2010-2014,U+2018-201D,U+2026"
FONTS = {"NotoSans-Regular.ttf": LATIN, "NotoSans-Bold.ttf": LATIN,
         "NotoNaskhArabic-Regular.ttf": ARABIC, "NotoNaskhArabic-Bold.ttf": ARABIC}


def main(folder: Path) -> None:
    for name, letters in FONTS.items():
        options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True,
                                 name_IDs=["*"], drop_tables=["DSIG"], recalc_timestamp=False)
        font = subset.load_font(folder / name, options)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=subset.parse_unicodes(letters))
        chosen.subset(font)
        subset.save_font(font, OUT / name, options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
