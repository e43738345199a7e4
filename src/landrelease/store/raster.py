"""Contamination maps as cloud-optimised GeoTIFF."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from landrelease.core.risk import ContaminationMap
from landrelease.store.exports import atomic

_BLOCK = 512  # pixels: side of a tile of the file


def write_cog(map: ContaminationMap, path: str | Path, description: str,
              units: Sequence[str] = ()) -> None:
    """Write a map as a cloud-optimised GeoTIFF, whole or not at all.

    Parameters
    ----------
    map : bands (B, rows, columns), north up; NaN (no information) is the nodata value.
    path : the file; an older one is replaced.
    description : words for the reader (what it is, from which registry, what it does not say);
        they stand in the file's image description.
    units : unit of each band, B words, or none where the names say all.

    The overviews, which a viewer shows from afar, carry the largest value of the cells below them:
    an average would thin out small hazards (S01). A cell is NaN there only when all four below are.

    Raises STO-008 where the file cannot be written.
    """
    import rasterio
    import rasterio.shutil
    from rasterio.transform import from_origin

    bands = np.ascontiguousarray(map.bands, dtype=np.float32)
    if bands.ndim != 3 or len(bands) != len(map.names) or (units and len(units) != len(bands)):
        raise ValueError(f"{bands.shape} bands, {len(map.names)} names, {len(units)} units")
    with atomic(path) as part, tempfile.TemporaryDirectory(dir=part.parent) as folder:
        levels: list[tuple[Path, np.ndarray]] = []
        level, cell_m = bands, map.cell_m
        while True:
            file = Path(folder) / f"level{len(levels)}.tif"
            with rasterio.open(
                    file, "w", driver="GTiff", dtype="float32", count=len(bands),
                    height=level.shape[1], width=level.shape[2], nodata=np.nan, crs=map.proj,
                    transform=from_origin(map.west, map.north, cell_m, cell_m)) as raster:
                raster.write(level)
            levels.append((file, level))
            if max(level.shape[1:]) <= _BLOCK:
                break
            level, cell_m = _halved(level), cell_m * 2
        source = Path(folder) / "map.vrt"
        source.write_text(_virtual(map, levels, description, units), encoding="utf-8")
        with rasterio.open(source) as raster:
            rasterio.shutil.copy(
                raster, part, driver="COG", BLOCKSIZE=_BLOCK, COMPRESS="DEFLATE", LEVEL=6,
                PREDICTOR="YES", BIGTIFF="IF_SAFER", NUM_THREADS="ALL_CPUS",
                OVERVIEWS="FORCE_USE_EXISTING" if len(levels) > 1 else "NONE")


def _halved(bands: np.ndarray) -> np.ndarray:
    """The largest of each 2 x 2 cells, NaN only where all are; odd edges are filled with NaN."""
    count, rows, columns = bands.shape
    padded = np.full((count, rows + rows % 2, columns + columns % 2), np.nan, np.float32)
    padded[:, :rows, :columns] = bands
    blocks = padded.reshape(count, padded.shape[1] // 2, 2, padded.shape[2] // 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # blocks of NaN alone stay NaN
        return np.nanmax(blocks, axis=(2, 4))


def _virtual(map: ContaminationMap, levels: list[tuple[Path, np.ndarray]], description: str,
             units: Sequence[str]) -> str:
    """A virtual raster that names the file of each level as an overview of the first."""
    from xml.sax.saxutils import escape

    from rasterio.crs import CRS

    _, rows, columns = levels[0][1].shape
    west, north, cell_m = float(map.west), float(map.north), float(map.cell_m)
    lines = [
        f'<VRTDataset rasterXSize="{columns}" rasterYSize="{rows}">',
        f"<SRS>{escape(CRS.from_string(map.proj).to_wkt())}</SRS>",
        f"<GeoTransform>{west!r}, {cell_m!r}, 0, {north!r}, 0, {-cell_m!r}</GeoTransform>",
        f'<Metadata><MDI key="TIFFTAG_IMAGEDESCRIPTION">{escape(description)}</MDI>'
        '<MDI key="AREA_OR_POINT">Area</MDI></Metadata>',
    ]
    for band, name in enumerate(map.names, 1):
        lines.append(f'<VRTRasterBand dataType="Float32" band="{band}">'
                     f"<Description>{escape(name)}</Description>"
                     + (f"<UnitType>{escape(units[band - 1])}</UnitType>" if units else "")
                     + "<NoDataValue>nan</NoDataValue>")
        for level, (file, _) in enumerate(levels):
            tag = "SimpleSource" if level == 0 else "Overview"
            lines.append(f'<{tag}><SourceFilename relativeToVRT="1">{escape(file.name)}'
                         f"</SourceFilename><SourceBand>{band}</SourceBand></{tag}>")
        lines.append("</VRTRasterBand>")
    lines.append("</VRTDataset>")
    return "\n".join(lines)
