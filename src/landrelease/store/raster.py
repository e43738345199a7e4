"""Contamination maps as cloud-optimised GeoTIFF."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from landrelease.core.risk import ContaminationMap
from landrelease.errors import RASTER_UNREADABLE, LandReleaseError
from landrelease.store.exports import atomic

_BLOCK = 512  # pixels: side of a tile of the file
_STRIP_CELLS = 4_000_000  # cells that are halved at a time
_CACHE_MB = 256  # of GDAL, for tiles


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a raster lies: `west`, `north` are the outer corner in m of a planar system."""

    proj: str
    west: float
    north: float
    cell_m: float
    rows: int
    columns: int
    names: tuple[str, ...]


def write_cog(map: ContaminationMap, path: str | Path, description: str,
              units: Sequence[str] = (), tags: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write a map as a cloud-optimised GeoTIFF, whole or not at all.

    Parameters
    ----------
    map : bands (B, rows, columns), north up; NaN (no information) is the nodata value.
    path : the file; an older one is replaced.
    description : words for the reader (what it is, from which registry, what it does not say);
        they stand in the file's image description.
    units : unit of each band, B words, or none where the names say all.
    tags : more metadata, name -> words

    The overviews, which a viewer shows from afar, carry the largest value of the cells below them:
    an average would thin out small hazards (S01). A cell is NaN there only when all four below are.

    Raises STO-008 where the file cannot be written.
    """
    bands = np.ascontiguousarray(map.bands, dtype=np.float32)
    if bands.ndim != 3 or len(bands) != len(map.names) or (units and len(units) != len(bands)):
        raise ValueError(f"{bands.shape} bands, {len(map.names)} names, {len(units)} units")
    frame = Frame(map.proj, map.west, map.north, map.cell_m, bands.shape[1], bands.shape[2],
                  map.names)
    write_cog_strips(frame, [(0, bands)], path, description, units, tags)


def write_cog_strips(
    frame: Frame, strips: Iterable[tuple[int, np.ndarray]], path: str | Path, description: str,
    units: Sequence[str] = (), tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """`write_cog` of a raster larger than memory: (first row, bands) from north to south.

    A plain GeoTIFF is filled strip by strip, its overviews after it; the cloud-optimised file is
    then written from both, because its layout does not survive a change in place. All stand in a
    folder beside `path` that goes when it is done; it needs the raster's size uncompressed.
    """
    import rasterio
    import rasterio.shutil

    with (atomic(path) as part, tempfile.TemporaryDirectory(dir=part.parent) as folder,
          rasterio.Env(GDAL_CACHEMAX=_CACHE_MB)):
        levels = [(Path(folder) / "level0.tif", frame.rows, frame.columns)]
        with _level(levels[0], frame, 0) as raster:
            for top, bands in strips:
                raster.write(bands, window=_window(top, 0, *bands.shape[1:]))
        while max(levels[-1][1:]) > _BLOCK:
            file, rows, columns = levels[-1]
            half = (Path(folder) / f"level{len(levels)}.tif", -(-rows // 2), -(-columns // 2))
            step = 2 * max(1, _STRIP_CELLS // (2 * columns))
            with rasterio.open(file) as below, _level(half, frame, len(levels)) as raster:
                for top in range(0, rows, step):
                    bands = _halved(below.read(
                        window=_window(top, 0, min(step, rows - top), columns)))
                    raster.write(bands, window=_window(top // 2, 0, *bands.shape[1:]))
            levels.append(half)
        source = Path(folder) / "map.vrt"
        source.write_text(_virtual(frame, levels, description, units, tags), encoding="utf-8")
        with rasterio.open(source) as raster:
            rasterio.shutil.copy(
                raster, part, driver="COG", BLOCKSIZE=_BLOCK, COMPRESS="DEFLATE", LEVEL=6,
                PREDICTOR="YES", BIGTIFF="IF_SAFER", NUM_THREADS="ALL_CPUS",
                OVERVIEWS="FORCE_USE_EXISTING" if len(levels) > 1 else "NONE")


def read_frame(path: str | Path) -> tuple[Frame, dict[str, str]]:
    """Where a standing map lies, and its tags. Raises ASS-208: it cannot be read as one."""
    import rasterio

    try:
        with rasterio.open(path) as raster:
            west, north, cell = raster.transform.c, raster.transform.f, raster.transform.a
            tags = raster.tags()
            return Frame(tags.get("LANDRELEASE_PROJ", ""), west, north, cell, raster.height,
                         raster.width, tuple(d or "" for d in raster.descriptions)), tags
    except (OSError, rasterio.errors.RasterioError) as error:
        raise LandReleaseError(RASTER_UNREADABLE, path=path, found=str(error)) from error


def read_strips(path: str | Path, rows: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, float32 bands) of a raster, from north to south. Raises ASS-208."""
    import rasterio

    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB), rasterio.open(path) as raster:
            for top in range(0, raster.height, rows):
                yield top, raster.read(
                    window=_window(top, 0, min(rows, raster.height - top), raster.width))
    except (OSError, rasterio.errors.RasterioError) as error:
        raise LandReleaseError(RASTER_UNREADABLE, path=path, found=str(error)) from error


def _window(top: int, left: int, rows: int, columns: int) -> Any:
    from rasterio.windows import Window

    return Window(left, top, columns, rows)


def _level(level: tuple[Path, int, int], frame: Frame, number: int) -> Any:
    import rasterio
    from rasterio.transform import from_origin

    file, rows, columns = level
    cell_m = frame.cell_m * 2 ** number
    return rasterio.open(
        file, "w", driver="GTiff", dtype="float32", count=len(frame.names), height=rows,
        width=columns, nodata=np.nan, crs=frame.proj, BIGTIFF="IF_SAFER",
        transform=from_origin(frame.west, frame.north, cell_m, cell_m))


def _halved(bands: np.ndarray) -> np.ndarray:
    """The largest of each 2 x 2 cells, NaN only where all are; odd edges are filled with NaN."""
    count, rows, columns = bands.shape
    if rows % 2 or columns % 2:
        padded = np.full((count, rows + rows % 2, columns + columns % 2), np.nan, np.float32)
        padded[:, :rows, :columns] = bands
        bands = padded
    # fmax leaves NaN aside; blocks of NaN alone stay NaN.
    return np.fmax(np.fmax(bands[:, ::2, ::2], bands[:, 1::2, ::2]),
                   np.fmax(bands[:, ::2, 1::2], bands[:, 1::2, 1::2]))


def _virtual(frame: Frame, levels: Sequence[tuple[Path, int, int]], description: str,
             units: Sequence[str], tags: Mapping[str, str]) -> str:
    """A virtual raster that names the file of each level as an overview of the first."""
    from xml.sax.saxutils import escape, quoteattr

    from rasterio.crs import CRS

    west, north, cell_m = float(frame.west), float(frame.north), float(frame.cell_m)
    known = {"TIFFTAG_IMAGEDESCRIPTION": description, "AREA_OR_POINT": "Area", **tags}
    lines = [
        f'<VRTDataset rasterXSize="{frame.columns}" rasterYSize="{frame.rows}">',
        f"<SRS>{escape(CRS.from_string(frame.proj).to_wkt())}</SRS>",
        f"<GeoTransform>{west!r}, {cell_m!r}, 0, {north!r}, 0, {-cell_m!r}</GeoTransform>",
        "<Metadata>", *(f"<MDI key={quoteattr(k)}>{escape(v)}</MDI>" for k, v in known.items()),
        "</Metadata>",
    ]
    for band, name in enumerate(frame.names, 1):
        lines.append(f'<VRTRasterBand dataType="Float32" band="{band}">'
                     f"<Description>{escape(name)}</Description>"
                     + (f"<UnitType>{escape(units[band - 1])}</UnitType>" if units else "")
                     + "<NoDataValue>nan</NoDataValue>")
        for level, (file, _, _) in enumerate(levels):
            tag = "SimpleSource" if level == 0 else "Overview"
            lines.append(f'<{tag}><SourceFilename relativeToVRT="1">{escape(file.name)}'
                         f"</SourceFilename><SourceBand>{band}</SourceBand></{tag}>")
        lines.append("</VRTRasterBand>")
    lines.append("</VRTDataset>")
    return "\n".join(lines)
