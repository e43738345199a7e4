"""What a form asks: the fields of a record, and of the records that hang on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

# How a place is asked for: drawn or walked around, walked along, or one point.
Place = Literal["geoshape", "geotrace", "geopoint", ""]


@dataclass(frozen=True, slots=True)
class Part:
    """Questions that become one record of a kind, or one for each time they are repeated.

    Attributes
    ----------
    kind : the kind of the record.
    title : the heading over the questions, in English.
    asks : names of the kind's fields, in the order of the questions.
    place : how the record's place is asked for; "" for none.
    place_needed : whether the form cannot be sent without the place.
    place_rough : whether a place as bad as the receiver gives it is taken, with its accuracy: what
        is dangerous is reported also where satellites are jammed.
    fixed : field -> value that the form itself says.
    link : field that names the record of the part around this one; "" for none.
    parts : repeated parts inside this one.
    words : field -> English question, where the definition of the field is no question.
    needed : fields without which the form cannot be sent.
    when : field -> XPath condition under which it is asked, over its neighbours (`../field`).
    only : field -> the words of its vocabulary that may be chosen here.
    """

    kind: str
    title: str
    asks: tuple[str, ...]
    place: Place = ""
    place_needed: bool = False
    place_rough: bool = False
    fixed: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    parts: tuple[Part, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def held(self) -> dict[str, tuple[str, ...]]:
        """Field -> what a submission may say of it: what the form itself says, or lets choose."""
        return {**{name: (word,) for name, word in self.fixed.items()}, **self.only}

    def walk(self) -> Iterator[Part]:
        """This part and all inside it, those around first."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `public`: anybody may fill it in, so it begins with the warning (S18).

    `notes` are shown before the first question, in English; `photos` is how many may be attached.
    """

    id: str
    title: str
    part: Part
    notes: tuple[str, ...] = ()
    public: bool = False
    photos: int = 0
    photo_hint: str = field(default="")
