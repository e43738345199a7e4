"""Units: m and m² inside, hectares and km² only where a person reads. Names carry the unit."""

M2_PER_HECTARE = 10_000.0
M2_PER_KM2 = 1_000_000.0


def hectares(area_m2: float) -> float:
    """Area in hectares, for display only (design rule 3)."""
    return area_m2 / M2_PER_HECTARE


def share_words(share: float) -> str:
    """A share in per cent with one decimal; what is not all never reads as all, nor as nothing.

    >>> share_words(0.6251), share_words(0.99999), share_words(0.00001), share_words(1.0)
    ('62.5', '> 99.9', '< 0.1', '100')
    """
    if 0.9995 <= share < 1 - 1e-9:
        return "> 99.9"
    if 0 < share < 0.0005:
        return "< 0.1"
    return "100" if share >= 1 - 1e-9 else f"{100 * share:.1f}"


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
