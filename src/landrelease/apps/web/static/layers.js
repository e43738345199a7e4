// Layers of the map that the server computes: who can be reached, the chance of contamination, and
// hazards that wait in quarantine.
// Shape and pattern tell their classes apart, never colour alone.

// --- signs -------------------------------------------------------------------------------------

const REACH = {
  reached: ["circle", "#1d6b3c", "tick"], cut_off: ["square", "#a3121f", "cross"], off_road: ["diamond", "#ffffff", "query"],
  yes: ["circle", "#ffffff", "tick"], no: ["square", "#ffffff", "cross"], partly: ["circle", "#ffffff", "half"], not_reported: ["circle", "#ffffff", ""],
};

export function badge(shape, fill, mark) {
  const size = 36, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true }), light = fill === "#ffffff";
  c.lineWidth = 3; c.strokeStyle = "#16222c"; c.fillStyle = fill; c.beginPath();
  if (shape === "circle") c.arc(18, 18, 14, 0, 7);
  else if (shape === "square") c.rect(4, 4, 28, 28);
  else if (shape === "triangle") { c.moveTo(18, 3); c.lineTo(34, 32); c.lineTo(2, 32); c.closePath(); }
  else { c.moveTo(18, 2); c.lineTo(34, 18); c.lineTo(18, 34); c.lineTo(2, 18); c.closePath(); }
  c.fill(); c.stroke();
  c.strokeStyle = c.fillStyle = light ? "#16222c" : "#ffffff"; c.lineWidth = 4; c.beginPath();
  if (mark === "tick") { c.moveTo(11, 18); c.lineTo(16, 24); c.lineTo(26, 12); }
  else if (mark === "cross") { c.moveTo(11, 11); c.lineTo(25, 25); c.moveTo(25, 11); c.lineTo(11, 25); }
  else if (mark === "half") { c.moveTo(18, 8); c.lineTo(18, 28); }
  else if (mark === "glass") glass(c, 18, 18, 7);
  c.stroke();
  if (mark === "query") { c.font = "700 20px sans-serif"; c.textAlign = "center"; c.textBaseline = "middle"; c.fillText("?", 18, 19); }
  return canvas;
}

// An hourglass: it waits.
function glass(c, x, y, r) {
  c.moveTo(x - r, y - r); c.lineTo(x + r, y - r); c.lineTo(x - r, y + r); c.lineTo(x + r, y + r); c.closePath();
}
const ink = dark => (dark ? "#ffffff" : "#16222c");
function waits(dark) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 20;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = ink(dark); c.lineWidth = 1.5; c.beginPath(); glass(c, 10, 10, 4); c.stroke();
  return canvas;
}
const WAITS = ["square", "#ffffff", "glass"], AGAIN = ["square", "#a3121f", "query"], ENTERED = ["circle", "#ffffff", "query"];

function barrier() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = "#ffffff"; c.lineWidth = 7;
  for (const _ of [0, 1]) { c.beginPath(); c.moveTo(4, 4); c.lineTo(20, 20); c.moveTo(20, 4); c.lineTo(4, 20); c.stroke(); c.strokeStyle = "#c00020"; c.lineWidth = 4; }
  return canvas;
}

// From the highest chance to the lowest: darker, and denser.
const CLASSES = ["#4a1486", "#6a51a3", "#9e9ac8", "#cbc9e2", "#efedf5"];
function weave(k) {
  const size = 16, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.globalAlpha = .8; c.fillStyle = CLASSES[k]; c.fillRect(0, 0, size, size);
  c.globalAlpha = 1; c.strokeStyle = c.fillStyle = k < 2 ? "#ffffff" : "#2d1160"; c.lineWidth = 1.5; c.beginPath();
  const slant = (from, to) => { c.moveTo(...from); c.lineTo(...to); };
  if (k === 0) { slant([0, 16], [16, 0]); slant([0, 0], [16, 16]); slant([0, 8], [8, 0]); slant([8, 16], [16, 8]); slant([8, 0], [16, 8]); slant([0, 8], [8, 16]); }
  else if (k === 1) { slant([0, 16], [16, 0]); slant([0, 0], [16, 16]); }
  else if (k === 2) { slant([0, 16], [16, 0]); }
  else if (k === 3) { c.arc(8, 8, 1.8, 0, 7); c.fill(); c.beginPath(); }
  c.stroke();
  return canvas;
}

export const pixels = canvas => canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
export const key = canvas => { canvas.className = "key round"; canvas.setAttribute("aria-hidden", "true"); return canvas; };
const MOST_LISTED = 50;
const EMPTY = { type: "FeatureCollection", features: [] };

// --- the layers --------------------------------------------------------------------------------

export function computedLayers(map, able, dark, { ask, start, make, word, row }) {
  let query = ""; // the moment of the map, "?valid_at=..."
  const on = { reach: false, contamination: false, waiting: false, entered: false };
  const NAMES = [["waiting", able.waiting], ["entered", able.entered], ["reach", able.reach], ["contamination", able.contamination]].filter(([, may]) => may).map(([n]) => n);
  const told = (text, facts) => Object.entries(facts).reduce((t, [k, v]) => t.replace(`{${k}}`, v), text);
  const notes = {}, failing = new Set();
  // Where what came is what was there, nothing is said again: it is read out to who listens.
  const had = {}, same = (name, found) => had[name] === (had[name] = JSON.stringify(found));

  function add() {
    if (able.contamination) {
      CLASSES.forEach((_, k) => map.addImage(`chance-${k}`, pixels(weave(k))));
      map.addSource("contamination", { type: "geojson", data: EMPTY });
      const under = map.getLayer("hazard-fill") ? "hazard-fill" : undefined;
      map.addLayer({ id: "contamination-fill", type: "fill", source: "contamination", layout: { visibility: "none" },
        paint: { "fill-pattern": ["concat", "chance-", ["to-string", ["get", "class"]]] } }, under);
    }
    if (able.reach) {
      for (const [name, how] of Object.entries(REACH)) map.addImage(`reach-${name}`, pixels(badge(...how)), { pixelRatio: 2 });
      map.addImage("barrier", pixels(barrier()), { pixelRatio: 2 });
      map.addSource("reach", { type: "geojson", data: EMPTY });
      const road = ["==", ["get", "what"], "road"], hidden = { visibility: "none" };
      map.addLayer({ id: "reach-road", type: "line", source: "reach", filter: road, layout: hidden, paint: { "line-color": "#c00020", "line-width": 3, "line-dasharray": [2, 1.5] } });
      map.addLayer({ id: "reach-barrier", type: "symbol", source: "reach", filter: road, layout: { ...hidden, "symbol-placement": "line-center", "icon-image": "barrier", "icon-allow-overlap": true } });
      map.addLayer({ id: "reach-community", type: "symbol", source: "reach", filter: ["==", ["get", "what"], "settlement"],
        layout: { ...hidden, "icon-image": ["concat", "reach-", ["get", "state"]], "icon-allow-overlap": true, "symbol-sort-key": ["match", ["get", "state"], "cut_off", 2, "no", 2, 1],
          "icon-size": ["interpolate", ["linear"], ["zoom"], 7, .45, 12, 1] } });
    }
    const icon = image => ({ "icon-image": image, "icon-allow-overlap": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 7, .45, 12, 1] });
    const dashed = dash => ({ "line-color": ink(dark), "line-width": 2, "line-dasharray": dash });
    if (able.entered) {
      const entered = ["all", ["==", ["geometry-type"], "Polygon"], ["==", ["get", "validation"], "entered"]], hazard = { source: "hazard", "source-layer": "hazard" };
      map.addImage("entered", pixels(badge(...ENTERED)), { pixelRatio: 2 });
      map.addLayer({ id: "entered-edge", type: "line", ...hazard, filter: entered, layout: { visibility: "none" }, paint: dashed([1, 2]) });
      map.addLayer({ id: "entered-sign", type: "symbol", ...hazard, filter: [...entered, ["!", ["has", "crowded"]]], layout: { ...icon("entered"), visibility: "none" } });
    }
    if (able.waiting) {
      map.addImage("waits", pixels(waits(dark)));
      map.addImage("waiting", pixels(badge(...WAITS)), { pixelRatio: 2 });
      map.addSource("waiting", { type: "geojson", data: EMPTY });
      const area = { source: "waiting", filter: ["==", ["geometry-type"], "Polygon"], layout: { visibility: "none" } };
      map.addLayer({ id: "waiting-fill", type: "fill", ...area, paint: { "fill-color": "#ff0000", "fill-opacity": .2 } });
      const again = ["==", ["get", "why"], "reopened"], waiting = ["!", again];
      map.addLayer({ id: "waiting-pattern", type: "fill", ...area, filter: ["all", area.filter, waiting], paint: { "fill-pattern": "waits" } });
      map.addLayer({ id: "waiting-edge", type: "line", ...area, filter: ["all", area.filter, waiting], paint: dashed([3, 1.5]) });
      map.addLayer({ id: "waiting-sign", type: "symbol", source: "waiting", filter: waiting, layout: { ...icon("waiting"), visibility: "none" } });
      // Its outline is that of a hazard that reopened; the sign says that it has no record.
      map.addImage("again", pixels(badge(...AGAIN)), { pixelRatio: 2 });
      map.addLayer({ id: "waiting-reopened", type: "line", ...area, filter: ["all", area.filter, again], paint: { "line-color": "#e60000", "line-width": 2, "line-gap-width": 3 } });
      map.addLayer({ id: "waiting-again", type: "symbol", source: "waiting", filter: again, layout: { ...icon("again"), visibility: "none" } });
      change("waiting")(true);
    }
  }
  // What waits, waits now: of the past there is no such layer, and where nothing waits there is nothing to draw.
  let waits_any = false;
  const shown = name => on[name] && !(name === "waiting" && (query || !waits_any));
  const show = name => { for (const id of map.getLayersOrder()) if (id.startsWith(`${name}-`)) map.setLayoutProperty(id, "visibility", shown(name) ? "visible" : "none"); };

  async function loadReach() {
    const found = await ask(`/api/layers/reach${query}`);
    if (same("reach", found)) return;
    map.getSource("reach").setData(found);
    const places = found.features.filter(f => f.properties.what === "settlement"), of = s => places.filter(f => f.properties.state === s).length;
    notes.reach.replaceChildren(
      make("p", { class: "note" }, found.bases ? told(word("reach.counted"), { reached: of("reached"), all: places.length, day: found.on, blocked: found.features.length - places.length }) : word("reach.no_bases")),
      make("p", { class: "note" }, word("reach.words")));
    notes.reach.dataset.states = JSON.stringify(Object.fromEntries(places.map(f => [f.id, f.properties.state])));
  }

  async function loadContamination() {
    const found = await ask(`/api/layers/contamination${query}`);
    if (same("contamination", found)) return;
    map.getSource("contamination").setData(found);
    const words = found.features.map(({ properties: p }) => make("li", {}, key(weave(p.class)),
      `${told(word("cont.class"), { from: p.from })}; ${told(word("cont.bounds"), { low: p.low, high: p.high })}`));
    const drawn = found.features.length > 0;
    notes.contamination.replaceChildren(...(drawn ? [
      make("ul", { class: "parts" }, ...words),
      make("p", { class: "note" }, told(word("cont.cells"), { m: found.cell_m })),
      found.items == null ? null : make("p", { class: "note" }, told(word(found.items_at_least ? "cont.items_least" : "cont.items"), { n: found.items })),
      found.prior === "none" ? null : make("p", { class: "note" }, word(`cont.prior.${found.prior}`))] : [make("p", { class: "note" }, word("cont.none"))]).filter(Boolean),
    ...(found.current ? [] : [...(drawn ? [make("p", { class: "note" }, word("cont.old"))] : []),
      make("p", {}, make("button", { type: "button", class: "plain", onclick: draw }, word("cont.draw")))]));
    notes.contamination.dataset.classes = String(found.features.length);
  }

  function there(shape) {
    const all = []; (function walk(c) { if (typeof c[0] === "number") all.push(c); else c.forEach(walk); })(shape.coordinates);
    const x = all.map(c => c[0]), y = all.map(c => c[1]), of = (f, v) => v.reduce((p, q) => f(p, q));
    map.fitBounds([[of(Math.min, x), of(Math.min, y)], [of(Math.max, x), of(Math.max, y)]], { padding: 80, maxZoom: 15, animate: false });
  }

  async function loadWaiting() {
    const found = query ? { ...EMPTY, nowhere: 0 } : await ask("/api/layers/waiting");
    if (same("waiting", found)) return;
    map.getSource("waiting").setData(found);
    waits_any = found.features.length > 0;
    show("waiting");
    notes.waiting.replaceChildren(
      make("p", { class: "note" }, found.features.length ? word("waiting.words") : word(found.nowhere ? "none" : "waiting.none")),
      // They may lie beyond what the map shows: each leads there.
      make("ul", { class: "parts" }, ...found.features.slice(0, MOST_LISTED).map(f => make("li", {}, make("button", { type: "button", class: "plain", onclick: () => there(f.geometry) }, f.properties.why === "reopened" ? word("waiting.reopened") : String(f.properties.name || (f.properties.file ? `${f.properties.file}, ${f.properties.row}` : f.id)))))),
      ...(found.nowhere ? [make("p", { class: "note" }, told(word("waiting.nowhere"), { n: found.nowhere }))] : []));
    notes.waiting.dataset.rows = String(found.features.length);
  }

  async function draw() {
    const asked = new URLSearchParams(query), say = make("p", { class: "note", role: "status" }, word("cont.drawing"));
    notes.contamination.replaceChildren(say); had.contamination = "";
    try {
      const job = await start("/jobs/map", Object.fromEntries(asked));
      for (let wait = 500; ; wait = Math.min(5_000, wait * 1.3)) {
        await new Promise(r => setTimeout(r, wait));
        const now = await ask(`/jobs/${job.id}`);
        if (now.state === "done") break;
        if (!["waiting", "running"].includes(now.state)) throw new Error(now.error?.description ?? word("failed"));
        say.textContent = `${word("cont.drawing")} ${Math.round(100 * now.share)} %`;
      }
      await loadContamination();
    } catch (x) { notes.contamination.replaceChildren(make("p", { class: "error", role: "alert" }, x.message)); }
  }

  const load = { reach: loadReach, contamination: loadContamination, waiting: loadWaiting,
    entered: async () => notes.entered.replaceChildren(make("p", { class: "note" }, word("entered.words"))) };
  const change = name => async shown => {
    on[name] = shown; show(name);
    notes[name].hidden = !shown;
    if (shown) await load[name]().then(() => failing.delete(name), x => { failing.add(name); had[name] = ""; notes[name].replaceChildren(make("p", { class: "error", role: "alert" }, x.message)); });
    else failing.delete(name);
  };
  const rows = () => {
    for (const name of NAMES) {
      const sign = { entered: ENTERED }[name];
      const parts = name === "reach" ? make("ul", { class: "parts" },
        ...["reached", "cut_off", "off_road", "yes", "no", "partly", "not_reported"].map(s => make("li", {}, key(badge(...REACH[s])), word(`reach.${s}`))),
        make("li", {}, key(barrier()), word("reach.blocked")))
        : name === "waiting" ? make("ul", { class: "parts" }, make("li", {}, key(badge(...WAITS)), word("waiting.waits")), make("li", {}, key(badge(...AGAIN)), word("waiting.reopened"))) : null;
      notes[name] = make("div", { id: `${name}-notes`, "aria-live": "polite", hidden: true });
      row(name, word(`layer.${name}`), change(name), parts, notes[name], { sign: sign ? key(badge(...sign)) : null, checked: name === "waiting" });
    }
  };
  // The card of a feature that was pressed; null where it is of another layer.
  const card = f => {
    const p = f.properties;
    if (f.source === "contamination") return make("div", { class: "card" }, make("p", {}, told(word("cont.class"), { from: p.from })), make("p", { class: "note" }, told(word("cont.bounds"), { low: p.low, high: p.high })));
    if (f.source === "waiting" && !p.file) return make("div", { class: "card" }, make("p", {}, word("layer.waiting")), make("p", { class: "note" }, word(p.why === "reopened" ? "waiting.reopened" : "waiting.waits")));
    if (f.source === "waiting") return make("div", { class: "card" }, make("p", {}, make("a", { href: "#waiting" }, String(p.name || p.id))), make("p", { class: "note" }, told(word("waiting.row"), p), p.codes ? ` (${p.codes})` : ""));
    if (f.source !== "reach") return null;
    return make("div", { class: "card" }, make("p", {}, make("a", { href: `#record/${p.what}/${encodeURIComponent(p.id)}` }, String(p.name || p.id))),
      make("p", { class: "note" }, word(p.what === "road" ? "reach.blocked" : `reach.${p.state}`), p.openings ? ` (${told(word("reach.openings"), { n: p.openings })})` : "", p.by ? `: ${p.by}` : ""));
  };
  const at = text => {
    query = text;
    for (const name of Object.keys(on)) if (on[name]) change(name)(true);
  };
  // What is shown, asked for once more; and what could not be had.
  const again = () => { for (const name of NAMES) if (on[name]) change(name)(true); };
  return { add, rows, card, at, again, failing };
}

// What the controls of a map are called, in the language of the page; `word` gives a text by its key.
export const controls = word => ({ "Map.Title": word("map"), "NavigationControl.ZoomIn": word("map.zoom_in"),
  "NavigationControl.ZoomOut": word("map.zoom_out"), "NavigationControl.ResetBearing": word("map.bearing"),
  "Popup.Close": word("map.close"), "ScaleControl.Meters": word("unit.m"), "ScaleControl.Kilometers": word("unit.km") });
