"""Units: m and m² inside, hectares and km² only where a person reads. Names carry the unit."""

import math
from decimal import ROUND_FLOOR, Decimal

M2_PER_HECTARE = 10_000.0
M2_PER_KM2 = 1_000_000.0


def hectares(area_m2: float) -> float:
    """Area in hectares, for display only (design rule 3)."""
    return area_m2 / M2_PER_HECTARE


def at_least_percent(share: float) -> str:
    """A share that is at least so large in per cent, with two decimals that are never rounded up.

    >>> at_least_percent(0.6251), at_least_percent(0.999999), at_least_percent(1.0)
    ('62.51', '99.99', '100')
    """
    if share >= 1:
        return "100"
    return str((100 * Decimal(repr(float(share)))).quantize(Decimal("0.01"), ROUND_FLOOR))


def at_least_m2(area_m2: float) -> str:
    """An area that is at least so large in whole m², never rounded up.

    >>> at_least_m2(8_899.99)
    '8,899 m²'
    """
    return f"{math.floor(area_m2):,} m²"


def circle_m2(radius_m: float) -> str:
    """The area of a circle of this radius in m² with two digits, never rounded down.

    >>> circle_m2(0.01), circle_m2(0.5)
    ('0.00032 m²', '0.79 m²')
    """
    area = math.pi * radius_m**2
    step = 10.0 ** (math.floor(math.log10(area)) - 1) if area > 0 else 1.0
    return f"{math.ceil(area / step) * step:.2g} m²"


def area_words(area_m2: float) -> str:
    """An area as people write it: m² below one hectare, ha below 100 km², then km².

    >>> area_words(6_500), area_words(123_400), area_words(538_963_190)
    ('6,500 m²', '12.3 ha', '539 km²')
    """
    if area_m2 < M2_PER_HECTARE:
        return f"{area_m2:,.0f} m²"
    if area_m2 < 100 * M2_PER_KM2:
        ha = area_m2 / M2_PER_HECTARE
        return f"{ha:,.1f} ha" if ha < 1_000 else f"{ha:,.0f} ha"
    return f"{area_m2 / M2_PER_KM2:,.0f} km²"
