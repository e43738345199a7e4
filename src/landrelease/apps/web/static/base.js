// The base map that the user brings: pictures as they are; vectors in quiet greys, without names.
export async function ground(maplibre, map, dark, under) {
  const url = `pmtiles://${location.origin}/basemap.pmtiles`;
  const { PMTiles, Protocol } = await import("./vendor/pmtiles.mjs");
  maplibre.addProtocol("pmtiles", new Protocol({ metadata: true }).tile);
  const archive = new PMTiles(`${location.origin}/basemap.pmtiles`);
  const header = await archive.getHeader();
  if (header.tileType !== 1) {
    map.addSource("basemap", { type: "raster", url, tileSize: 256 });
    map.addLayer({ id: "basemap", type: "raster", source: "basemap", paint: { "raster-saturation": -.7, "raster-opacity": dark ? .45 : .8 } }, under);
    return;
  }
  const about = await archive.getMetadata();
  map.addSource("basemap", { type: "vector", url });
  for (const { id } of about.vector_layers ?? []) {
    const water = /water|ocean|sea/i.test(id), road = /road|transport|street/i.test(id), green = /wood|forest|green|natural|park|landcover/i.test(id);
    const shape = { source: "basemap", "source-layer": id };
    map.addLayer({ id: `base-${id}-area`, type: "fill", ...shape, filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": water ? (dark ? "#1a3340" : "#c9dde6") : green ? (dark ? "#22302a" : "#dfe8da") : dark ? "#26323a" : "#e4e6e1", "fill-opacity": .8 } }, under);
    map.addLayer({ id: `base-${id}-line`, type: "line", ...shape, filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": water ? (dark ? "#2b5163" : "#9dbdcb") : dark ? "#4b5a63" : "#b4b8b0", "line-width": road ? 1.2 : .8 } }, under);
  }
}
