// The map: vector tiles of the collections that the reader may see, on blank ground.
// Symbols follow IMAS TN 07.11/01: CHA red, SHA orange, both at half strength; the status is the
// outline (open: red, continuous; worked on: orange, broken; closed: yellow-green, double). Patterns
// tell the types apart without colour, dashes the statuses. What nobody reported is neither of the types
// and none of the statuses: it has signs of its own (S12).
import * as maplibre from "./vendor/maplibre-gl.mjs";

import { followed } from "./follow.js";
import { badge, computedLayers, controls, key, pixels } from "./layers.js";

maplibre.setWorkerUrl("/static/vendor/maplibre-gl-worker.mjs");
maplibre.prewarm(); // the worker is read while the server is asked what there is

const ORDER = ["administrative_area", "parcel", "released_ground", "outcome", "hazard_cells", "closure",
  "hazard", "task", "road", "marking", "track", "activity", "item", "accident", "settlement"];
// In the legend what is dangerous comes first, then what became of it, then what lies around.
const LISTED = ["hazard_cells", "hazard", "released_ground", "outcome", "closure", "task", "settlement", "road",
  "administrative_area", "accident", "item", "activity", "marking", "track", "parcel"];
const SHOWN = new Set(["administrative_area", "released_ground", "outcome", "hazard_cells", "hazard", "settlement", "road"]);
const COLOURS = { road: "#7a6a53", settlement: "#22303a", activity: "#4a3a8c", item: "#a3121f",
  accident: "#1b1b1b", closure: "#6a1b9a", task: "#0b5d7a", marking: "#b35c00", track: "#2c7a92",
  parcel: "#6b7d5c", administrative_area: "#5a6a74" };

// The signs of points, the dashes of lines: one table for the map and its legend, so that they are the
// same, and no two of them differ by colour alone.
export const POINTS = {
  settlement: ["circle", "#22303a", ""], item: ["triangle", COLOURS.item, ""], activity: ["square", COLOURS.activity, "half"],
  accident: ["diamond", "#1b1b1b", "cross"], marking: ["circle", COLOURS.marking, "cross"], track: ["square", COLOURS.track, ""],
  task: ["circle", COLOURS.task, "tick"],
};
const sign_of = (id, dark) => {
  const [shape, fill, mark] = POINTS[id] ?? ["circle", COLOURS[id] ?? "#0b5d7a", "half"];
  return badge(shape, dark && (id === "settlement" || id === "accident") ? "#ffffff" : fill, mark);
};
export const LINES = { road: [1], track: [4, 2], marking: [1, 1.5], task: [2, 1, .5, 1] };

// What became of ground: each with a pattern of its own; what nobody signed has neither fill nor firm
// outline, because it counts for nothing (S09).
// An outcome whose type nobody reported releases nothing, and is not "searched" either (S12).
export const OUTCOMES = { cleared: "dots", reduced: "rings", cancelled: "bars", searched: "plus", unsigned: "doubts", outcome_not_reported: "empty" };
const RELEASED = ["cleared", "reduced", "cancelled"];

function pattern(name, colour, doubt) {
  const size = 14, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.fillStyle = c.strokeStyle = name === "doubts" ? doubt : colour; c.lineWidth = 1.5; c.beginPath();
  if (name === "dots") { c.arc(7, 7, 1.9, 0, 7); c.fill(); c.beginPath(); }
  else if (name === "rings") c.arc(7, 7, 3.2, 0, 7);
  else if (name === "bars") { c.moveTo(0, 3.5); c.lineTo(size, 3.5); c.moveTo(0, 10.5); c.lineTo(size, 10.5); }
  else if (name === "plus") { c.moveTo(7, 3); c.lineTo(7, 11); c.moveTo(3, 7); c.lineTo(11, 7); }
  else if (name === "empty") { c.arc(7, 7, 3.4, 0, 7); c.moveTo(3.2, 10.8); c.lineTo(10.8, 3.2); }
  else if (name === "upright") { c.moveTo(3.5, 0); c.lineTo(3.5, size); c.moveTo(10.5, 0); c.lineTo(10.5, size); }
  else if (name === "apart") { c.moveTo(3, 5); c.lineTo(11, 5); c.moveTo(3, 9); c.lineTo(11, 9); c.moveTo(4.5, 12); c.lineTo(9.5, 2); }
  else { c.font = "700 11px sans-serif"; c.textAlign = "center"; c.textBaseline = "middle"; c.fillText("?", 7, 7.5); }
  c.stroke();
  return canvas;
}
const UNKNOWN = "#9b7fb8", UNKNOWN_MARK = "#43225f"; // of a hazard whose type nobody reported
// Ground wider than it was recorded last, and areas about which offices disagree: signs beside type and status.
export const DISPUTED = ["widened", "contested"], BESIDE = "#1f2f8f";
const beside = dark => (dark ? "#b9c4ff" : BESIDE);
const GREEN = "#2f7d68", doubtful = dark => (dark ? "#c5cfd5" : "#4a5760");

// The outlines of hazards by their status: colour, width, dashes (none: continuous), gap of a double line.
const RED = "#e60000";
export const STATUS = { open: [RED, 2, null, 0], worked_on: ["#f4a718", 2.5, [3, 2], 0], suspended: [RED, 2.5, [4, 1.5, 1, 1.5], 0],
  reopened: [RED, 1.5, null, 2.5], closed: ["#7fb800", 1.5, null, 2.5], status_not_reported: [RED, 2.5, [.8, 1.2], 0] };

// On dark ground, lines and patterns that are darker than it would not be seen: lighter ones of the same hue.
const LIGHTER = { "#7a0000": "#ff9d9d", "#7a4a00": "#ffd48a", [UNKNOWN_MARK]: "#e6d9f2", [GREEN]: "#5fc7aa", "#b0006d": "#ff6fc4",
  [COLOURS.closure]: "#b48ad0", [COLOURS.task]: "#5cb8d6", [COLOURS.road]: "#c9b798", [COLOURS.marking]: "#ff9d45",
  [COLOURS.track]: "#6cc3dc", [COLOURS.activity]: "#a99bf0", [COLOURS.parcel]: "#a9bd97" };
const tone = (colour, dark) => dark && Object.hasOwn(LIGHTER, colour) ? LIGHTER[colour] : colour;
const toned = (paint, dark) => Object.fromEntries(Object.entries(paint).map(([name, value]) => [name, typeof value === "string" ? tone(value, dark) : value]));

function stripes(colour, lean) {
  const size = 12, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = colour; c.lineWidth = 2; c.beginPath();
  for (let k = -size; k <= 2 * size; k += size) {
    if (lean > 0) { c.moveTo(k, size); c.lineTo(k + size, 0); } else { c.moveTo(k, 0); c.lineTo(k + size, size); }
  }
  c.stroke();
  return c.getImageData(0, 0, size, size);
}

// The sign of each layer for the legend: shape, pattern and outline, as on the map; never colour alone.
function sign(id, dark, part = "") {
  // A picture of points: many outlines of paths take the browser long to draw where there is no graphics card.
  const canvas = document.createElement("canvas"), scale = Math.max(2, devicePixelRatio);
  canvas.width = 30 * scale; canvas.height = 20 * scale; canvas.className = "key"; canvas.setAttribute("aria-hidden", "true");
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.scale(scale, scale);
  const put = (name, v) => {
    const shape = new Path2D(v.d);
    if (name === "rect") shape.rect(v.x, v.y, v.width, v.height);
    if (name === "circle") shape.arc(v.cx, v.cy, v.r, 0, 7);
    c.globalAlpha = v["fill-opacity"] ?? 1;
    if (v.fill !== "none") { c.fillStyle = tone(v.fill, dark); c.fill(shape); }
    c.globalAlpha = 1;
    if (!v.stroke || v.stroke === "none") return;
    c.strokeStyle = tone(v.stroke, dark); c.lineWidth = v["stroke-width"] ?? 1; c.lineCap = v["stroke-linecap"] ?? "butt";
    c.setLineDash((v["stroke-dasharray"] ?? "none").split(" ").filter(n => n !== "none").map(Number));
    c.stroke(shape);
  };
  const say = (text, colour) => { c.fillStyle = tone(colour, dark); c.font = "700 12px sans-serif"; c.textAlign = "center"; c.fillText(text, 15, 14); };
  const box = { x: 2, y: 2, width: 26, height: 16 };
  const lines = (colour, d) => put("path", { d, stroke: colour, "stroke-width": 1.6, fill: "none" });
  const up = "M2 14L14 2M8 18L24 2M20 18L28 10", down = "M16 2L28 14M6 2L22 18M2 8L12 18";
  if (id === "hazard" || id === "hazard_cells") {
    const cells = id === "hazard_cells";
    if (part === "CHA" || cells) { put("rect", { ...box, fill: "#ff0000", "fill-opacity": .5, stroke: cells ? "#a30000" : "none" }); lines("#7a0000", up); }
    else if (part === "SHA") { put("rect", { ...box, fill: "#f4a718", "fill-opacity": .5 }); lines("#7a4a00", down); }
    else if (part === "type_not_reported") { put("rect", { ...box, fill: UNKNOWN, "fill-opacity": .5 }); say("???", UNKNOWN_MARK); }
    else if (part === "widened") { put("rect", { ...box, fill: "none", stroke: beside(dark), "stroke-width": 2, "stroke-dasharray": "1 3", "stroke-linecap": "round" }); put("rect", { x: 7, y: 6, width: 16, height: 8, fill: "none", stroke: RED, "stroke-width": 1.5 }); }
    else if (part === "contested") lines(beside(dark), "M4 8H12M4 12H12M6 15L10 5M18 8H26M18 12H26M20 15L24 5");
    else if (STATUS[part]) {
      const [stroke, width, dashes, gap] = STATUS[part];
      put("rect", { ...box, fill: "none", stroke, "stroke-width": width, "stroke-dasharray": dashes ? dashes.map(n => width * n).join(" ") : "none" });
      if (gap) put("rect", { x: 6, y: 6, width: 18, height: 8, fill: "none", stroke, "stroke-width": width });
      if (part === "reopened") lines(stroke, "M15 7V13");
    }
    else { put("rect", { ...box, fill: "#ff0000", "fill-opacity": .5, stroke: "#e60000", "stroke-width": 2 }); lines("#7a0000", up); }
  } else if (id === "released_ground" || id === "outcome") {
    const what = part || "cleared", unsigned = what === "unsigned", colour = unsigned ? doubtful(dark) : GREEN;
    if (RELEASED.includes(what)) put("rect", { ...box, fill: GREEN, "fill-opacity": .3 });
    put("rect", { ...box, fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": unsigned ? "4 3" : what === "searched" ? "1.5 3" : what === "outcome_not_reported" ? "6 2 1.5 2" : "none" });
    if (what === "cleared") for (const cx of [8, 15, 22]) put("circle", { cx, cy: 10, r: 1.8, fill: colour });
    else if (what === "reduced") for (const cx of [8, 15, 22]) put("circle", { cx, cy: 10, r: 2.6, fill: "none", stroke: colour, "stroke-width": 1.3 });
    else if (what === "cancelled") lines(colour, "M3 7H27M3 13H27");
    else if (what === "searched") lines(colour, "M9 6V14M5 10H13M21 6V14M17 10H25");
    else if (what === "outcome_not_reported") { for (const cx of [9, 21]) put("circle", { cx, cy: 10, r: 3.2, fill: "none", stroke: colour, "stroke-width": 1.4 }); lines(colour, "M5.5 14L12.5 6M17.5 14L24.5 6"); }
    else say("? ?", colour);
  }
  else if (id === "closure") { const later = part === "closed_later"; put("rect", { ...box, fill: "none", stroke: COLOURS.closure, "stroke-width": 2, "stroke-dasharray": later ? "5 4" : "none" }); if (!later) lines(COLOURS.closure, `${up}${down}`); }
  else if (id === "task") put("rect", { ...box, fill: COLOURS.task, "fill-opacity": .15, stroke: COLOURS.task, "stroke-width": 2, "stroke-dasharray": "2 2" });
  else if (id === "coverage_gaps") {
    put("rect", { ...box, fill: "#b0006d", "fill-opacity": 0, stroke: "#b0006d", "stroke-width": 2, "stroke-dasharray": part === "no_track" ? "3 3" : "none" });
    if (part === "not_proven") lines("#b0006d", "M4 4L26 16M4 16L26 4");
    if (part === "machine_only") lines("#b0006d", "M8 3V17M15 3V17M22 3V17");
    if (part === "no_track") { for (const cx of [9, 21]) put("circle", { cx, cy: 10, r: 3.2, fill: "none", stroke: "#b0006d", "stroke-width": 1.4 }); lines("#b0006d", "M5.5 14L12.5 6M17.5 14L24.5 6"); }
  }
  else if (id === "road") { if (part === "blocked") put("path", { d: "M2 10H28", stroke: "#c00020", "stroke-width": 3, "stroke-dasharray": "3 3" }); else put("path", { d: "M2 10H28", stroke: COLOURS.road, "stroke-width": 2 }); }
  else if (id === "track" || id === "marking") put("path", { d: "M2 14L12 6L20 13L28 5", stroke: COLOURS[id], "stroke-width": 2, fill: "none", "stroke-dasharray": LINES[id].map(n => 2 * n).join(" ") });
  else if (id === "administrative_area") put("rect", { ...box, fill: "none", stroke: dark ? "#9fb0b9" : "#5a6a74", "stroke-width": 1.5, "stroke-dasharray": "5 3" });
  else if (id === "parcel") put("rect", { ...box, fill: COLOURS.parcel, "fill-opacity": .2, stroke: COLOURS.parcel, "stroke-width": 1.5 });
  else return key(sign_of(id, dark));
  return canvas;
}

// What stands under a layer in the legend: the parts that are told apart on the map.
const NOTES = { outcome: "legend.small_released", released_ground: "legend.small_released" };
const PARTS = { hazard: ["CHA", "SHA", "type_not_reported", ...Object.keys(STATUS), ...DISPUTED], coverage_gaps: ["not_proven", "machine_only", "no_track"], road: ["passable", "blocked"],
  outcome: Object.keys(OUTCOMES), released_ground: RELEASED, closure: ["closed_now", "closed_later"] };

function crossed(colour) {
  const size = 12, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = colour; c.lineWidth = 1.5; c.beginPath();
  c.moveTo(0, 0); c.lineTo(size, size); c.moveTo(size, 0); c.lineTo(0, size); c.stroke();
  return c.getImageData(0, 0, size, size);
}

// A closure at a moment (seconds since 1970, from and until: a day of the past is its whole day): in
// force, to come, or over; one without a beginning is in force, without an end it goes on.
const beyond = ([from, until]) => ({
  now: ["all", ["<", ["coalesce", ["get", "closed_from"], -1e15], until], [">", ["coalesce", ["get", "closed_until"], 1e15], from]],
  later: [">=", ["coalesce", ["get", "closed_from"], -1e15], until] });
const present = () => { const now = Date.now() / 1000; return [now, now + 1]; };

function layersOf(id, dark, when = present()) {
  const source = { source: id, "source-layer": id };
  const area = ["==", ["geometry-type"], "Polygon"], line = ["==", ["geometry-type"], "LineString"], point = ["==", ["geometry-type"], "Point"];
  // Where ground ends an outline of its own is drawn: the fill needs none besides.
  const fill = (name, paint, filter = area) => ({ id: `${id}-${name}`, type: "fill", ...source, filter, paint: { "fill-antialias": false, ...paint } });
  const edge = (name, paint, filter = area) => ({ id: `${id}-${name}`, type: "line", ...source, filter, paint });
  const unsigned = ["==", ["get", "verified"], false];
  if (id === "hazard") {
    const type = kind => ["all", area, ["==", ["get", "hazard_type"], kind]];
    const known = ["in", ["get", "hazard_type"], ["literal", ["CHA", "SHA"]]];
    const status = (...s) => ["all", area, ["in", ["get", "status"], ["literal", s]]];
    const outline = (part, filter) => {
      const [colour, width, dashes, gap] = STATUS[part];
      return edge(part, { "line-color": colour, "line-width": part === "closed" ? width : afar(width), ...(dashes ? { "line-dasharray": dashes } : {}), ...(gap ? { "line-gap-width": gap } : {}) }, filter);
    };
    // A closing that nobody signed is none: such an area is open (S09).
    return [
      fill("fill", { "fill-color": ["match", ["get", "hazard_type"], "CHA", "#ff0000", "SHA", "#f4a718", UNKNOWN], "fill-opacity": .5 }),
      fill("cha", { "fill-pattern": "cha" }, type("CHA")), fill("sha", { "fill-pattern": "sha" }, type("SHA")),
      fill("unknown", { "fill-pattern": "unknown" }, ["all", area, ["!", known]]),
      outline("open", ["all", area, ["any", unsigned, ["==", ["get", "status"], "open"]]]),
      ...["worked_on", "suspended", "reopened"].map(s => outline(s, status(s))),
      outline("closed", ["all", ["!", unsigned], status("closed", "handed_over")]),
      outline("status_not_reported", ["all", area, ["!", ["in", ["get", "status"], ["literal", ["open", "worked_on", "suspended", "reopened", "closed", "handed_over"]]]]]),
      fill("contested", { "fill-pattern": "contested" }, ["all", area, ["==", ["get", "contested"], true]]),
      edge("widened", { "line-color": beside(dark), "line-width": 2.5, "line-dasharray": [.6, 2], "line-offset": -5 }, ["all", area, ["==", ["get", "widened"], true]])];
  }
  if (id === "hazard_cells") return [fill("fill", { "fill-color": "#ff0000", "fill-opacity": .45 }), fill("cha", { "fill-pattern": "cha" }), edge("edge", { "line-color": "#a30000", "line-width": 1 })];
  if (id === "outcome" || id === "released_ground") {
    const released = ["all", area, ["!", unsigned], ["in", ["get", "outcome_type"], ["literal", RELEASED]]];
    const searched = ["all", area, ["!", unsigned], ["==", ["get", "outcome_type"], "searched"]], doubt = ["all", area, unsigned];
    const unknown = ["all", area, ["!", unsigned], ["!", ["in", ["get", "outcome_type"], ["literal", [...RELEASED, "searched"]]]]];
    return [fill("fill", { "fill-color": GREEN, "fill-opacity": .3 }, released), edge("edge", { "line-color": GREEN, "line-width": 1.5 }, released),
      ...RELEASED.map(what => fill(what, { "fill-pattern": `ground-${what}` }, ["all", released, ["==", ["get", "outcome_type"], what]])),
      fill("searched", { "fill-pattern": "ground-searched" }, searched), edge("searched-edge", { "line-color": GREEN, "line-width": 1.5, "line-dasharray": [1, 2] }, searched),
      fill("outcome_not_reported", { "fill-pattern": "ground-outcome_not_reported" }, unknown), edge("outcome_not_reported-edge", { "line-color": GREEN, "line-width": 1.5, "line-dasharray": [4, 1.5, 1, 1.5] }, unknown),
      fill("unsigned", { "fill-pattern": "ground-unsigned" }, doubt), edge("unsigned-edge", { "line-color": doubtful(dark), "line-width": 1.5, "line-dasharray": [3, 2] }, doubt)];
  }
  if (id === "administrative_area") return [edge("edge", { "line-color": dark ? "#9fb0b9" : "#5a6a74", "line-width": 1, "line-dasharray": [4, 2] })];
  if (id === "closure") {
    const { now, later } = beyond(when);
    return [fill("fill", { "fill-pattern": "crossed" }, ["all", area, now]), edge("edge", { "line-color": COLOURS.closure, "line-width": 2 }, ["all", area, now]),
      edge("later", { "line-color": COLOURS.closure, "line-width": 2, "line-dasharray": [3, 2] }, ["all", area, later])];
  }
  if (id === "task") return [fill("fill", { "fill-color": COLOURS.task, "fill-opacity": .15 }), edge("edge", { "line-color": COLOURS.task, "line-width": 2, "line-dasharray": [1, 1] })];
  if (id === "coverage_gaps") return [{ id: "coverage_gaps-fill", type: "fill", source: id, filter: ["==", ["get", "state"], "not_proven"], paint: { "fill-pattern": "gaps" } }, { id: "coverage_gaps-hand", type: "fill", source: id, filter: ["==", ["get", "state"], "machine_only"], paint: { "fill-pattern": "gaps-hand" } }, { id: "coverage_gaps-none", type: "fill", source: id, filter: ["==", ["get", "state"], "no_track"], paint: { "fill-pattern": "gaps-none" } },
    { id: "coverage_gaps-edge", type: "line", source: id, filter: ["!=", ["get", "state"], "no_track"], paint: { "line-color": "#b0006d", "line-width": 2 } }, { id: "coverage_gaps-none-edge", type: "line", source: id, filter: ["==", ["get", "state"], "no_track"], paint: { "line-color": "#b0006d", "line-width": 2, "line-dasharray": [1.5, 1.5] } }];
  if (id === "road") return [
    edge("line", { "line-color": COLOURS.road, "line-width": 1.4 }, ["all", line, ["!=", ["get", "passable"], "no"]]),
    edge("blocked", { "line-color": "#c00020", "line-width": 2.4, "line-dasharray": [1.5, 1.5] }, ["all", line, ["==", ["get", "passable"], "no"]])];
  const colour = COLOURS[id] ?? "#0b5d7a";
  // Very many points together are small dots; who comes closer sees their signs.
  return [fill("fill", { "fill-color": colour, "fill-opacity": .2 }), edge("edge", { "line-color": colour, "line-width": 1.5 }),
    edge("line", { "line-color": colour, "line-width": 2, "line-dasharray": LINES[id] ?? [1] }, line),
    { id: `${id}-crowd`, type: "circle", ...source, filter: ["all", point, ["has", "crowded"]], paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 1.2, 12, 3.5], "circle-color": colour } },
    { id: `${id}-point`, type: "symbol", ...source, filter: ["all", point, ["!", ["has", "crowded"]]], layout: {
      "icon-image": `sign-${id}`, "icon-allow-overlap": true, "icon-ignore-placement": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 7, .35, 12, .75, 16, 1] } }];
}

// From afar a hazard is smaller than its outline: the outline grows, so that none is overlooked (S01).
const afar = width => ["interpolate", ["linear"], ["zoom"], 7, 6, 11, 4, 13, width];

// `found`: what there is, and what this reader may see of it.
export async function mapView(place, { ask, start, make, word, rest, stated, found: [{ collections }, able] }) {
  const named = (group, name) => { const key = `${group}.${name}`, said = word(key); return said === key ? name.replaceAll("_", " ") : said; };
  const known = collections.filter(c => ORDER.includes(c.id)).sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));
  const canvas = make("div", { id: "map", dir: "ltr", role: "region", "aria-label": word("map_words"), "aria-describedby": "map-keys" });
  const panel = make("div", { "aria-live": "polite" });
  const list = make("fieldset", { class: "legend-list" }, make("legend", {}, word("layers")));
  const then = make("p", { class: "then", role: "status", hidden: true });
  const time = make("div");
  const state = make("div", { id: "map-state", role: "alert" }), asOf = make("p", { id: "map-as-of", class: "note" });
  const search = make("form", { id: "map-find", role: "search" });
  place.append(make("h1", { class: "unseen" }, word("map")), make("p", { id: "map-keys", class: "unseen" }, word("map.keys")), make("div", { class: "mapview" }, make("div", { class: "mapbox" }, search, then, state, canvas, asOf), make("aside", { class: "side" }, list, time, panel)));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const bounds = able.bounds && !rest.length ? [able.bounds.slice(0, 2), able.bounds.slice(2)] : await extent(ask, known, rest);
  // The whole style at once: layer after layer would be looked at one by one.
  const seen = (id, shown) => layersOf(id, dark).map(layer => ({ ...layer, paint: toned(layer.paint ?? {}, dark), layout: { ...layer.layout, visibility: shown ? "visible" : "none" } }));
  const style = { version: 8, sources: Object.fromEntries(known.map(c => [c.id, { type: "vector", tiles: [`${location.origin}/tiles/${c.id}/{z}/{x}/{y}`], maxzoom: 16 }])),
    layers: known.flatMap(c => seen(c.id, SHOWN.has(c.id))) };
  if (able.gaps) {
    style.sources.coverage_gaps = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
    style.layers.push(...seen("coverage_gaps", false));
  }
  let map;
  try {
    // Where the ground lies is known before the first tile is asked for; nothing fades in.
    map = new maplibre.Map({ container: canvas, locale: controls(word), attributionControl: false, maxZoom: 20, fadeDuration: 0,
      transformRequest: url => url.startsWith(`${location.origin}/tiles/`) ? { url, headers: stated() } : undefined,
      ...(bounds ? { bounds, fitBoundsOptions: { padding: 40, maxZoom: 16 } } : { center: [0, 0], zoom: 1 }),
      validateStyle: false, style });
  } catch {
    canvas.append(make("p", {}, word("no_webgl")));
    return null;
  }
  canvas.view = map;
  // The library draws a sky into each picture, but this map is never tilted so far that one is in sight.
  map.painter.drawFunctions = { ...map.painter.drawFunctions, sky() {} };
  map.addControl(new maplibre.NavigationControl({ visualizePitch: false }));
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }));
  map.once("style.load", async () => {
    const of = colour => tone(colour, dark), signs = {
      cha: stripes(of("#7a0000"), 1), sha: stripes(of("#7a4a00"), -1), unknown: pixels(pattern("doubts", "", of(UNKNOWN_MARK))),
      contested: pixels(pattern("apart", beside(dark))), crossed: crossed(of(COLOURS.closure)), gaps: crossed(of("#b0006d")),
      "gaps-hand": pixels(pattern("upright", of("#b0006d"))), "gaps-none": pixels(pattern("empty", of("#b0006d"))) };
    for (const [what, how] of Object.entries(OUTCOMES)) signs[`ground-${what}`] = pixels(pattern(how, of(GREEN), doubtful(dark)));
    for (const [name, picture] of Object.entries(signs)) map.addImage(name, picture);
    for (const c of known) map.addImage(`sign-${c.id}`, pixels(sign_of(c.id, dark)), { pixelRatio: 2 });
    computed.add();
    follow.add();
    map.redraw(); // asks for the tiles now, not with the next picture
    canvas.dataset.ready = "yes";
    const first = map.getStyle().layers[0]?.id;
    if (able.basemap) await import("./base.js").then(({ ground }) => ground(maplibre, map, dark, first)).catch(e => panel.replaceChildren(make("p", { class: "error" }, e.message)));
    // Drawn: every tile of what is in sight has come and stands on the screen.
    map.once("idle", () => { canvas.dataset.drawn = "yes"; });
    map.triggerRepaint();
    if (able.past) await timeView(time, then, map, known, { ask, make, word, changed: (query, when) => {
      computed.at(query);
      gapsAt(query !== "");
      for (const layer of map.getLayer("closure-fill") ? layersOf("closure", dark, when ?? present()) : []) map.setFilter(layer.id, layer.filter);
    } });
  });
  const computed = computedLayers(map, { ...able, entered: able.levels && known.some(c => c.id === "hazard") }, dark, { ask, start, make, word, row: (id, title, change, parts, notes, { sign: mark, checked }) => {
    list.append(make("label", {}, make("input", { type: "checkbox", id: `layer-${id}`, checked, onchange: e => change(e.target.checked) }), mark, title), ...[parts, notes].filter(Boolean));
  } });
  const follow = followed(map, known.map(c => c.id), { ask, make, word, canvas, state, asOf, computed, dark, named: id => named("kind", id),
    more: () => { if (gaps.on) showGaps().catch(() => {}); } });
  const row = (id, title, shown, change) => {
    const box = make("input", { type: "checkbox", id: `layer-${id}`, checked: shown, onchange: e => change(e.target.checked) });
    list.append(make("label", {}, box, PARTS[id] ? null : sign(id, dark), title));
    if (PARTS[id]) list.append(make("ul", { class: "parts" }, ...PARTS[id].map(p => make("li", {}, sign(id, dark, p), word(`legend.${p}`))), ...NOTES[id] ? [make("li", { class: "note" }, word(NOTES[id]))] : []));
  };
  const switchLayers = id => on => { for (const layer of layersOf(id, dark)) if (map.getLayer(layer.id)) map.setLayoutProperty(layer.id, "visibility", on ? "visible" : "none"); };
  for (const c of [...known].sort((a, b) => LISTED.indexOf(a.id) - LISTED.indexOf(b.id))) row(c.id, named("kind", c.id), SHOWN.has(c.id), switchLayers(c.id));
  // What proofs leave open is known of now alone: on a day of the past it is not drawn.
  const gaps = { on: false, past: false };
  const drawGaps = () => switchLayers("coverage_gaps")(gaps.on && !gaps.past);
  if (able.gaps) row("coverage_gaps", word("legend.coverage_gaps"), false, async on => {
    gaps.on = on;
    if (on) await showGaps();
    drawGaps();
  });
  async function showGaps() { map.getSource("coverage_gaps").setData(await ask("/api/layers/coverage_gaps")); }
  function gapsAt(past) {
    if (!able.gaps) return;
    gaps.past = list.querySelector("#layer-coverage_gaps").disabled = past;
    drawGaps();
  }
  computed.rows();
  const tell = (point, near) => {
    // Of the ground under it a reader asks nothing: its features are not ours.
    const ours = map.getStyle().layers.filter(l => l.source && !["basemap", "missing"].includes(l.source)).map(l => l.id);
    const at = map.queryRenderedFeatures([[point.x - near, point.y - near], [point.x + near, point.y + near]], { layers: ours });
    const seen = new Map(at.map(f => [`${f.source}/${f.properties.id}/${f.source === "coverage_gaps" ? f.properties.state : ""}`, f]));
    // What a proof leaves open is no record of its own: it leads to its task.
    const open = f => f.source !== "coverage_gaps" ? null : make("div", { class: "card" },
      make("p", {}, make("a", { href: `#record/task/${encodeURIComponent(f.properties.id)}` }, String(f.properties.id))),
      make("p", { class: "note" }, `${named("kind", "task")} · ${word(`legend.${f.properties.state}`)}`));
    const together = f => f.properties.crowded ? make("div", { class: "card" }, make("p", {}, word("map.crowded")), make("p", { class: "note" }, named("kind", f.source))) : null;
    panel.replaceChildren(...[...seen.values()].slice(0, 12).map(f => computed.card(f) ?? open(f) ?? together(f) ?? make("div", { class: "card" },
      make("p", {}, make("a", { href: `#record/${f.source}/${encodeURIComponent(f.properties.id)}` }, String(f.properties.name ?? f.properties.id))),
      make("p", { class: "note" }, [named("kind", f.source), ...["hazard_type", "status", "outcome_type"].map(n => f.properties[n] && named("value", f.properties[n])), recorded(f.properties, { word, named }), f.properties.verified === false ? word(f.source === "hazard" ? "row.still_hazardous" : "legend.unsigned") : "", ...DISPUTED.map(n => f.properties[n] === true ? word(`legend.${n}`) : ""), ...times(f.properties, named)].filter(Boolean).join(" · ")))));
    return seen.size;
  };
  finder(search, map, { ask, make, word, named });
  map.on("click", e => tell(e.point, 4));
  // Without a pointer: what lies in the middle, which a cross marks while the map has the focus.
  map.getCanvas().addEventListener("keydown", e => {
    if (e.key === "Enter" && !tell(map.project(map.getCenter()), 8)) panel.replaceChildren(make("p", { class: "note" }, word("none")));
  });
  return () => { follow.end(); map.remove(); };
}

// The type that was recorded last, where an area counts as another.
const recorded = (said, { word, named }) => said.recorded_type ? `${word("field.recorded_type")}: ${named("value", said.recorded_type)}` : "";

// A search field: records by name or identifier, as the reader may see them; one that is chosen moves the map to
// it, under a mark, and its name leads to its page.
function finder(form, map, { ask, make, word, named }) {
  const field = make("input", { type: "search", id: "find-words", autocomplete: "off", maxlength: 80, required: true, "aria-describedby": "find-hint" });
  const said = make("p", { class: "note", role: "status" }), list = make("ul", { class: "found" });
  form.append(make("div", { class: "row" }, make("label", { class: "field" }, word("find"), field), make("button", { type: "submit" }, word("find.go"))),
    make("p", { class: "unseen", id: "find-hint" }, word("find.hint")), said, list);
  let mark = null, turn = 0;
  const clear = () => { turn += 1; list.replaceChildren(); said.textContent = ""; mark?.remove(); mark = null; };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  function show({ bounds: [w, s, e, n] }) {
    mark?.remove();
    mark = new maplibre.Marker({ color: "#0b5d7a" }).setLngLat([(w + e) / 2, (s + n) / 2]).addTo(map);
    mark.getElement().setAttribute("aria-hidden", "true");
    // Below the list, which lies over the map.
    const side = Math.min(60, map.getContainer().clientWidth / 6), top = Math.min(list.offsetHeight + 30, map.getContainer().clientHeight / 2);
    map.fitBounds([[w, s], [e, n]], { padding: { top, bottom: 40, left: side, right: side }, maxZoom: 15, animate: !still });
  }
  const line = f => make("li", {}, make("a", { href: `#record/${f.kind}/${encodeURIComponent(f.id)}` }, f.name),
    make("span", { class: "note" }, [named("kind", f.kind), f.name === f.id ? "" : f.id, ...["hazard_type", "status"].map(n => f.properties[n] ? named("value", f.properties[n]) : ""),
      recorded(f.properties, { word, named }), f.properties.verified === false && f.kind === "hazard" ? word("row.still_hazardous") : "", f.bounds ? "" : word("find.no_place")].filter(Boolean).join(" · ")),
    f.bounds ? make("button", { type: "button", class: "plain", "aria-label": `${word("find.show")}: ${f.name}`, onclick: () => show(f) }, word("find.show")) : null);
  form.addEventListener("submit", async e => {
    e.preventDefault();
    clear();
    const mine = turn;
    said.textContent = word("loading");
    try {
      const { found, more } = await ask(`/api/find?${new URLSearchParams({ q: field.value.trim() })}`);
      if (mine !== turn) return;
      said.textContent = found.length ? `${word("find.count").replace("{count}", found.length)}${more ? `. ${word("find.more")}` : ""}` : word("find.none");
      list.replaceChildren(...found.map(line));
      const first = found.find(f => f.bounds);
      if (first) show(first);
    } catch (x) { if (mine === turn) said.textContent = x.message; }
  });
  field.addEventListener("input", () => { if (!field.value) clear(); });
  form.addEventListener("keydown", e => { if (e.key === "Escape" && (field.value || list.children.length)) { field.value = ""; clear(); field.focus(); } });
}

// From when until when a closure holds, in UTC.
const times = (p, named) => ["closed_from", "closed_until"].map(n => p[n] === undefined ? "" : `${named("field", n)} ${new Date(1000 * p[n]).toISOString().slice(0, 16).replace("T", " ")} UTC`);

// The past: as it was on a day, as we knew it on a day. The map says so as long as it is not now.
async function timeView(place, then, map, known, { ask, make, word, changed }) {
  const times = await ask("/api/times");
  const day = 86_400_000, number = text => Math.round(Date.parse(text) / day), text = n => new Date(n * day).toISOString().slice(0, 10);
  const now = number(times.today);
  const slider = (key, from) => {
    const range = make("input", { type: "range", min: Math.min(from, now - 1), max: now, value: now, step: 1, "aria-label": word(key) });
    const date = make("input", { type: "date", min: text(Number(range.min)), max: text(now), value: text(now), "aria-label": word(key) });
    range.addEventListener("input", () => { date.value = text(Number(range.value)); });
    range.addEventListener("change", apply);
    date.addEventListener("change", () => { if (date.value) { range.value = number(date.value); apply(); } });
    place.append(make("div", { class: "time" }, make("span", {}, word(key)), range, date));
    return { range, date };
  };
  let valid, seen;
  function apply() {
    const query = new URLSearchParams();
    if (Number(valid.range.value) < now) query.set("valid_at", valid.date.value);
    if (Number(seen.range.value) < now) query.set("known_at", seen.date.value);
    const past = [...query].length > 0;
    for (const c of known) map.getSource(c.id).setTiles([`${location.origin}/tiles/${c.id}/{z}/{x}/{y}${past && !["hazard_cells", "released_ground"].includes(c.id) ? `?${query}` : ""}`]);
    then.hidden = !past;
    then.textContent = past ? word("then").replace("{valid}", valid.date.value).replace("{known}", seen.date.value) : "";
    place.dataset.past = past ? "yes" : "no";
    const day_ = Date.parse(valid.date.value) / 1000;
    changed(past ? `?${query}` : "", Number(valid.range.value) < now ? [day_, day_ + 86_400] : null);
  }
  place.append(make("h2", {}, word("time")));
  valid = slider("valid_at", number(times.valid_from));
  seen = slider("known_at", number(times.known_from));
  place.append(make("button", { type: "button", class: "plain", onclick: () => {
    for (const s of [valid, seen]) { s.range.value = now; s.date.value = text(now); }
    apply();
  } }, word("time_now")));
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
