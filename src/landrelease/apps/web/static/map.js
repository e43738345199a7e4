// The map: vector tiles of the collections that the reader may see, on blank ground.
// Symbols follow IMAS TN 07.11/01: CHA red, SHA orange, both at half strength; the status is the
// outline (open: red, continuous; worked on: orange, broken; closed: yellow-green). Patterns tell the
// types apart without colour.
import * as maplibre from "./vendor/maplibre-gl.mjs";

maplibre.setWorkerUrl("/static/vendor/maplibre-gl-worker.mjs");

const ORDER = ["administrative_area", "parcel", "released_ground", "outcome", "hazard_cells", "closure",
  "hazard", "task", "road", "marking", "track", "activity", "item", "accident", "settlement"];
const SHOWN = new Set(["administrative_area", "released_ground", "outcome", "hazard_cells", "hazard", "settlement", "road"]);
const COLOURS = { road: "#7a6a53", settlement: "#22303a", activity: "#4a3a8c", item: "#a3121f",
  accident: "#1b1b1b", closure: "#6a1b9a", task: "#0b5d7a", marking: "#b35c00", track: "#2c7a92",
  parcel: "#6b7d5c", administrative_area: "#5a6a74" };

function stripes(colour, lean) {
  const size = 12, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d");
  c.strokeStyle = colour; c.lineWidth = 2; c.beginPath();
  for (let k = -size; k <= 2 * size; k += size) {
    if (lean > 0) { c.moveTo(k, size); c.lineTo(k + size, 0); } else { c.moveTo(k, 0); c.lineTo(k + size, size); }
  }
  c.stroke();
  return c.getImageData(0, 0, size, size);
}

function layersOf(id, dark) {
  const source = { source: id, "source-layer": id };
  const area = ["==", ["geometry-type"], "Polygon"], line = ["==", ["geometry-type"], "LineString"], point = ["==", ["geometry-type"], "Point"];
  const fill = (name, paint, filter = area) => ({ id: `${id}-${name}`, type: "fill", ...source, filter, paint });
  const edge = (name, paint, filter = area) => ({ id: `${id}-${name}`, type: "line", ...source, filter, paint });
  if (id === "hazard") {
    const type = kind => ["all", area, ["==", ["get", "hazard_type"], kind]];
    const status = (...s) => ["all", area, ["in", ["get", "status"], ["literal", s]]];
    return [
      fill("fill", { "fill-color": ["match", ["get", "hazard_type"], "CHA", "#ff0000", "SHA", "#f4a718", "#9b7fb8"], "fill-opacity": .5 }),
      fill("cha", { "fill-pattern": "cha" }, type("CHA")), fill("sha", { "fill-pattern": "sha" }, type("SHA")),
      edge("open", { "line-color": "#e60000", "line-width": 2 }, ["all", area, ["!", ["in", ["get", "status"], ["literal", ["worked_on", "closed", "handed_over"]]]]]),
      edge("worked", { "line-color": "#f4a718", "line-width": 2.5, "line-dasharray": [3, 2] }, status("worked_on")),
      edge("closed", { "line-color": "#7fb800", "line-width": 2.5 }, status("closed", "handed_over"))];
  }
  if (id === "hazard_cells") return [fill("fill", { "fill-color": "#ff0000", "fill-opacity": .45 }), fill("cha", { "fill-pattern": "cha" }), edge("edge", { "line-color": "#a30000", "line-width": 1 })];
  if (id === "outcome" || id === "released_ground") return [fill("fill", { "fill-color": "#2f7d68", "fill-opacity": .3 }), edge("edge", { "line-color": "#2f7d68", "line-width": 1.5 })];
  if (id === "administrative_area") return [edge("edge", { "line-color": dark ? "#9fb0b9" : "#5a6a74", "line-width": 1, "line-dasharray": [4, 2] })];
  const colour = id === "settlement" && dark ? "#ffffff" : id === "accident" && dark ? "#ffffff" : COLOURS[id] ?? "#0b5d7a";
  return [fill("fill", { "fill-color": colour, "fill-opacity": .2 }), edge("edge", { "line-color": colour, "line-width": 1.5 }),
    edge("line", { "line-color": colour, "line-width": id === "road" ? 1.2 : 2 }, line),
    { id: `${id}-point`, type: "circle", ...source, filter: point, paint: {
      "circle-radius": id === "settlement" ? 5 : 3.5, "circle-color": colour,
      "circle-stroke-color": dark ? "#10181e" : "#ffffff", "circle-stroke-width": 1.5 } }];
}

export async function mapView(place, { ask, make, word, rest }) {
  const { collections } = await ask("/ogc/collections");
  const known = collections.filter(c => ORDER.includes(c.id)).sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));
  const canvas = make("div", { id: "map", role: "region", "aria-label": word("map_words") });
  const panel = make("div", { "aria-live": "polite" });
  const list = make("fieldset", {}, make("legend", {}, word("layers")));
  place.append(make("div", { class: "mapview" }, canvas, make("aside", { class: "side" }, list, panel)));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  let map;
  try {
    map = new maplibre.Map({ container: canvas, attributionControl: false, maxZoom: 20, center: [0, 0], zoom: 1,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1d2830" : "#eef1ec" } }] } });
  } catch {
    canvas.append(make("p", {}, word("no_webgl")));
    return null;
  }
  map.addControl(new maplibre.NavigationControl({ visualizePitch: false }));
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }));
  map.on("load", async () => {
    map.addImage("cha", stripes("#7a0000", 1)); map.addImage("sha", stripes("#7a4a00", -1));
    for (const c of known) {
      map.addSource(c.id, { type: "vector", tiles: [`${location.origin}/tiles/${c.id}/{z}/{x}/{y}`], maxzoom: 16 });
      for (const layer of layersOf(c.id, dark)) {
        map.addLayer({ ...layer, layout: { visibility: SHOWN.has(c.id) ? "visible" : "none" } });
      }
    }
    const bounds = await extent(ask, known, rest);
    if (bounds) map.fitBounds(bounds, { padding: 40, animate: false, maxZoom: 16 });
    canvas.dataset.ready = "yes";
  });
  for (const c of [...known].reverse()) {
    const box = make("input", { type: "checkbox", checked: SHOWN.has(c.id), onchange: e => {
      for (const layer of layersOf(c.id, dark)) if (map.getLayer(layer.id)) map.setLayoutProperty(layer.id, "visibility", e.target.checked ? "visible" : "none");
    } });
    list.append(make("label", {}, box, c.title));
  }
  map.on("click", e => {
    const at = map.queryRenderedFeatures([[e.point.x - 4, e.point.y - 4], [e.point.x + 4, e.point.y + 4]]);
    const seen = new Map(at.map(f => [`${f.source}/${f.properties.id}`, f]));
    panel.replaceChildren(...[...seen.values()].slice(0, 12).map(f => make("div", { class: "card" },
      make("p", {}, make("a", { href: `#record/${f.source}/${encodeURIComponent(f.properties.id)}` }, String(f.properties.name ?? f.properties.id))),
      make("p", { class: "note" }, [f.source.replaceAll("_", " "), f.properties.hazard_type, f.properties.status, f.properties.outcome_type].filter(Boolean).join(" · ")))));
  });
  return () => map.remove();
}

async function extent(ask, known, [collection, id]) {
  const names = collection ? [collection] : ["hazard", "hazard_cells", "administrative_area", "settlement"].filter(n => known.some(c => c.id === n)).slice(0, 1);
  const boxes = [];
  for (const name of names) {
    const path = id ? `/ogc/collections/${name}/items/${encodeURIComponent(id)}` : `/ogc/collections/${name}/items?limit=500`;
    const found = await ask(path);
    for (const f of found.features ?? [found]) if (f.geometry) walk(f.geometry.coordinates, boxes);
  }
  if (!boxes.length) return null;
  const x = boxes.map(b => b[0]), y = boxes.map(b => b[1]);
  const low = (a) => a.reduce((p, q) => Math.min(p, q)), high = (a) => a.reduce((p, q) => Math.max(p, q));
  return [[low(x), low(y)], [high(x), high(y)]];
}

function walk(c, out) {
  if (typeof c[0] === "number") out.push(c); else for (const part of c) walk(part, out);
}
