// Pages of plans, forecasts, claims and jobs: start a job, watch it, cancel it; the map of a plan.
const token = document.querySelector("meta[name=csrf]").content;

async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options, headers: {
    "x-csrf-token": token, ...(options.body ? { "content-type": "application/json" } : {}), ...options.headers } });
  const body = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
  if (!answer.ok) throw Object.assign(new Error(body.description ?? String(answer.status)), { status: answer.status });
  return body;
}

// --- forms that start a job ----------------------------------------------------------------------

async function inputs(form) {
  const out = {}, change = {};
  for (const at of form.elements) {
    if (!at.name || at.disabled) continue;
    let value;
    if (at.type === "checkbox") value = at.checked || undefined;
    else if (at.type === "file") value = at.files[0] ? await at.files[0].text() : undefined;
    else if (at.value.trim() === "") value = undefined;
    else value = at.type === "number" ? at.valueAsNumber : at.value.trim();
    if (value === undefined) continue;
    if (at.name.startsWith("change.")) change[at.name.slice(7)] = value;
    else if (at.name.startsWith("weights.")) (out.weights ??= {})[at.name.slice(8)] = value;
    else if (at.name.endsWith("[]")) {
      const listed = at.dataset.lines !== undefined ? value.split("\n").map(v => v.trim()).filter(Boolean) : [value];
      (out[at.name.slice(0, -2)] ??= []).push(...listed);
    } else out[at.name] = value;
  }
  if (change.kind) {
    const more = change.since ? `:${change.since}` : "";
    out.changes = [`${change.kind}:${change.name}:${change.amount ?? 1}${more}`];
  }
  return out;
}

const quoted = text => `"${(text ?? "").replaceAll('"', '""')}"`;

function claimText(form) {
  const names = [...form.elements].map(e => e.name).filter(Boolean);
  return `${names.join(",")}\n${names.map(n => quoted(form.elements[n].value)).join(",")}\n`;
}

document.addEventListener("submit", async event => {
  const form = event.target;
  if (!form.matches("form[data-job], form[data-claim]")) return;
  event.preventDefault();
  const button = form.querySelector("button[type=submit]"), alert = form.querySelector("[role=alert]");
  button.disabled = true;
  alert.textContent = "";
  try {
    if (form.dataset.claim !== undefined && !form.dataset.job) {
      const claim = Object.fromEntries(new FormData(form));
      const told = await ask(form.getAttribute("action"), { method: "POST", body: JSON.stringify(claim) });
      const place = document.getElementById("verdict"), title = document.createElement("p"), list = document.createElement("ul");
      title.append(Object.assign(document.createElement("strong"), { textContent: told.words }));
      list.append(...told.said.map(r => Object.assign(document.createElement("li"), { textContent: r })));
      place.className = "card";
      place.replaceChildren(title, list);
      place.scrollIntoView({ block: "nearest" });
    } else {
      const body = form.dataset.claim !== undefined ? { claims: claimText(form) } : await inputs(form);
      const job = await ask(`/jobs/${form.dataset.job}`, { method: "POST", body: JSON.stringify(body) });
      location.assign(job.location);
      return;
    }
  } catch (x) { alert.textContent = x.message; }
  button.disabled = false;
});

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-end]");
  if (!button || (button.dataset.confirm && !confirm(button.dataset.confirm))) return;
  try {
    await ask(button.dataset.end, { method: "DELETE" });
    if (button.dataset.to) location.assign(button.dataset.to); else location.reload();
  } catch (x) { document.getElementById("said").textContent = x.message; }
});

// Stop and keep what was found so far: the page shows it as soon as the job is done.
document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-stop]");
  if (!button) return;
  button.disabled = true;
  try {
    await ask(button.dataset.stop, { method: "POST", body: "{}" });
    document.getElementById("said").textContent = button.dataset.said;
  } catch (x) { button.disabled = false; document.getElementById("said").textContent = x.message; }
});

// A first day that has passed is told before the work begins, as the command line does.
for (const say of document.querySelectorAll("[data-past]")) {
  const at = say.closest("form").elements[say.dataset.past];
  const look = () => {
    const now = new Date();
    say.hidden = !at.value || at.valueAsNumber >= Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  };
  at.addEventListener("input", look);
  look();
}

// --- a job that runs: the page asks where it stands, and shows the result when it is over ----------

const watched = document.querySelector("[data-watch]");
if (watched) {
  const bar = document.getElementById("job-bar"), what = document.getElementById("job-what");
  let wait = 700;
  const look = async () => {
    try {
      const job = await ask(watched.dataset.watch);
      if (!["waiting", "running"].includes(job.state)) return location.reload();
      bar.value = job.share;
      what.textContent = job.what ? `${job.what} (${Math.round(100 * job.share)} %)` : "";
    } catch { wait = Math.min(10_000, wait * 2); }
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
}

// --- the plan on the map -------------------------------------------------------------------------

const place = document.getElementById("plan-map");
if (place) planMap(place).catch(x => { place.append(Object.assign(document.createElement("p"), { textContent: x.message })); });

function numberSign(text, dark) {
  const canvas = document.createElement("canvas"), ratio = 2;
  const wide = (10 + 7.5 * text.length) * ratio, high = 18 * ratio;
  canvas.width = wide; canvas.height = high;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.fillStyle = dark ? "#10181e" : "#ffffff"; c.strokeStyle = dark ? "#e8eef1" : "#16222c"; c.lineWidth = 2;
  c.beginPath(); c.roundRect(1, 1, wide - 2, high - 2, 8); c.fill(); c.stroke();
  c.fillStyle = dark ? "#e8eef1" : "#16222c"; c.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  c.textAlign = "center"; c.textBaseline = "middle"; c.fillText(text, wide / 2, high / 2 + 1);
  return c.getImageData(0, 0, wide, high);
}

// The name of a community, without a frame: it is no place in the plan.
function nameSign(text, dark) {
  const canvas = document.createElement("canvas"), ratio = 2, font = `500 ${11 * ratio}px system-ui, sans-serif`;
  let c = canvas.getContext("2d", { willReadFrequently: true });
  c.font = font;
  canvas.width = Math.min(600, Math.ceil(c.measureText(text).width) + 12); canvas.height = 16 * ratio;
  c = canvas.getContext("2d", { willReadFrequently: true });
  c.font = font; c.textAlign = "center"; c.textBaseline = "middle"; c.lineJoin = "round";
  c.strokeStyle = dark ? "#10181e" : "#ffffff"; c.lineWidth = 6; c.strokeText(text, canvas.width / 2, canvas.height / 2);
  c.fillStyle = dark ? "#e8eef1" : "#16222c"; c.fillText(text, canvas.width / 2, canvas.height / 2);
  return c.getImageData(0, 0, canvas.width, canvas.height);
}

// Ground that is hazardous and not worked on: grey with lines across, which no place of the plan has.
function hatch(dark, size = 10) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.fillStyle = dark ? "#5b5f63" : "#b9b4b0"; c.fillRect(0, 0, size, size);
  c.strokeStyle = dark ? "#ff9d9d" : "#7a0000"; c.lineWidth = 2; c.beginPath();
  for (let k = -size; k <= 2 * size; k += size) { c.moveTo(k, size); c.lineTo(k + size, 0); }
  c.stroke();
  return canvas;
}

// A small one of it, where the ground itself would be too small to be seen: a hatched square.
function hatchSign(dark) {
  const canvas = hatch(dark, 12), c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = dark ? "#e8eef1" : "#16222c"; c.lineWidth = 2; c.strokeRect(1, 1, 10, 10);
  return canvas;
}

const pixels = canvas => canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);

async function planMap(canvas) {
  // What the map asks for by itself: it says as whom the page was opened, so that no session that has ended
  // shows less in silence (S01), and it keeps no session open.
  const aside = { headers: { "x-reads-as": document.querySelector("meta[name=reads-as]").content, "x-away": "yes" } };
  const CHANGES = 20_000, UNTOLD = 60_000; // between questions for changes; for who is not told of them
  const said = canvas.dataset;
  let version = (await ask("/api/map/version", aside)), found = await ask(said.source, aside);
  let { around, communities } = found;
  const legend = document.getElementById("plan-legend"), panel = document.getElementById("plan-told");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const line = (sign, text) => { const p = document.createElement("p"), words = document.createElement("span"); words.textContent = text; p.append(sign, words); legend.append(p); return p; };
  function tellLegend() {
  legend.replaceChildren();
  const classes = [0, 1, 2, 3, 4].map(k => found.features.filter(f => f.properties.class === k)).filter(c => c.length);
  const box = name => Object.assign(document.createElement("span"), { className: `class ${name}` });
  const hatched = () => { const sign = box("hatched"); sign.style.backgroundImage = `url(${hatch(dark).toDataURL()})`; return sign; };
  for (const c of classes) {
    line(box(`class${c[0].properties.class}`), said.class.replace("{first}", c[0].properties.order)
      .replace("{last}", c.at(-1).properties.order).replace("{day}", c[0].properties.start));
  }
  line(hatched(), `${said.unplanned}: ${around.unplanned}`).id = "plan-unplanned";
  if (around.nowhere) line("", said.nowhere.replace("{n}", around.nowhere));
  if (around.parts) line(hatched(), `${said.part}: ${around.parts}`);
  if (around.unrecorded) line(hatched(), `${said.unrecorded}: ${around.unrecorded}`);
  if (around.together) line(hatched(), said.together.replace("{n}", around.together));
  if (found.left_out) line("", said.cut.replace("{n}", found.left_out));
  if (around.closed) line("", said.closed.replace("{n}", around.closed));
  if (communities.features.length) line(box("community"), `${said.community}: ${communities.features.length}`);
  if (communities.more) line("", said.more);
  }
  tellLegend();
  const maplibre = await import("./vendor/maplibre-gl.mjs");
  maplibre.setWorkerUrl("/static/vendor/maplibre-gl-worker.mjs");
  let map;
  try {
    map = new maplibre.Map({ container: canvas, locale: JSON.parse(said.controls), attributionControl: false, maxZoom: 20, center: [0, 0], zoom: 1,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1d2830" : "#eef1ec" } }] } });
  } catch { canvas.append(Object.assign(document.createElement("p"), { textContent: said.no })); return; }
  canvas.view = map;
  map.addControl(new maplibre.NavigationControl({ visualizePitch: false }));
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }));
  map.on("styleimagemissing", e => {
    if (map.hasImage(e.id)) return;
    if (e.id.startsWith("n-")) map.addImage(e.id, numberSign(e.id.slice(2), dark), { pixelRatio: 2 });
    else if (e.id.startsWith("c-")) map.addImage(e.id, nameSign(e.id.slice(2), dark), { pixelRatio: 2 });
  });
  const point = f => ({ ...f, geometry: { type: "Point", coordinates: middle(f.geometry) } });
  const middles = () => ({ type: "FeatureCollection", features: found.features.map(point) });
  // What may be too small to be seen has a sign; coarse squares never are.
  const small = () => ({ type: "FeatureCollection", features: around.features.filter(f => f.properties.kind !== "together").map(point) });
  const data = () => ({ areas: found, middles: middles(), around, small: small(), communities });
  map.on("load", async () => {
    for (const f of found.features.slice(0, 500)) {
      const id = `n-${f.properties.order}`;
      if (!map.hasImage(id)) map.addImage(id, numberSign(String(f.properties.order), dark), { pixelRatio: 2 });
    }
    map.addImage("hatch", pixels(hatch(dark)));
    map.addImage("hatched", pixels(hatchSign(dark)));
    const colour = ["match", ["get", "class"], 0, "#0b3954", 1, "#2f6f8f", 2, "#5fa3a3", 3, "#a9cf9a", "#f2eda1"];
    const ink = dark ? "#e8eef1" : "#16222c", red = dark ? "#ff9d9d" : "#7a0000";
    for (const [id, features] of Object.entries(data())) map.addSource(id, { type: "geojson", data: features });
    map.addLayer({ id: "around", type: "fill", source: "around", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-pattern": "hatch" } });
    map.addLayer({ id: "around-edge", type: "line", source: "around", paint: { "line-color": red, "line-width": 1.5, "line-dasharray": [2, 1.5] } });
    map.addLayer({ id: "fill", type: "fill", source: "areas", paint: { "fill-color": colour, "fill-opacity": .75 } });
    map.addLayer({ id: "edge", type: "line", source: "areas", paint: { "line-color": ink, "line-width": 1 } });
    const nobody = ["in", ["get", "hazard"], ["literal", []]];
    map.addLayer({ id: "chosen-edge", type: "line", source: "areas", filter: nobody, paint: { "line-color": ink, "line-width": 4 } });
    map.addLayer({ id: "small", type: "symbol", source: "small", layout: { "icon-image": "hatched", "icon-allow-overlap": true, "icon-ignore-placement": true } });
    map.addLayer({ id: "dots", type: "circle", source: "middles", maxzoom: 13, paint: { "circle-color": colour, "circle-radius": 4,
      "circle-stroke-color": ink, "circle-stroke-width": 1 } });
    map.addLayer({ id: "communities", type: "circle", source: "communities", paint: { "circle-color": dark ? "#10181e" : "#ffffff",
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 1.5, 12, 4], "circle-stroke-color": ink, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 2.5] } });
    map.addLayer({ id: "names", type: "symbol", source: "communities", minzoom: 9, layout: {
      "icon-image": ["concat", "c-", ["get", "name"]], "icon-offset": [0, 14] } });
    const number = { "icon-image": ["concat", "n-", ["to-string", ["get", "order"]]], "symbol-sort-key": ["get", "order"], "icon-offset": [0, -12] };
    map.addLayer({ id: "numbers", type: "symbol", source: "middles", layout: number });
    // Numbers that would cover others are not drawn; those of what was chosen always are.
    map.addLayer({ id: "chosen", type: "symbol", source: "middles", filter: nobody, layout: { ...number, "icon-allow-overlap": true, "icon-ignore-placement": true } });
    const corners = [...found.features, ...around.features].flatMap(f => corner(f.geometry));
    if (corners.length) {
      const low = k => corners.reduce((a, c) => Math.min(a, c[k]), Infinity), high = k => corners.reduce((a, c) => Math.max(a, c[k]), -Infinity);
      map.fitBounds([[low(0), low(1)], [high(0), high(1)]], { padding: 40, animate: false, maxZoom: 16 });
    }
    if (said.basemap !== undefined) {
      const { ground } = await import("./base.js");
      await ground(maplibre, map, dark, "around").catch(x => panel.replaceChildren(Object.assign(document.createElement("p"), { className: "error", textContent: x.message })));
    }
    map.once("idle", () => { canvas.dataset.ready = "yes"; });
    map.triggerRepaint();
    follow();
  });
  // An open map follows what is recorded: the ground is asked for anew, and the view stays where it is. What does
  // not come is said over it, and asked for again.
  const state = document.getElementById("map-state"), asOf = document.getElementById("map-as-of"), changed = document.getElementById("plan-changed");
  const clock = at => new Date(at).toLocaleTimeString(`${document.documentElement.lang.replace(/^en$/, "en-GB")}-u-nu-latn`, { hour: "2-digit", minute: "2-digit" });
  const lines = text => { if (state.textContent !== text) state.replaceChildren(...text ? [Object.assign(document.createElement("p"), { textContent: text })] : []); };
  const reload = changed.querySelector("a");
  reload.href = location.href;
  asOf.textContent = said.asOf.replace("{time}", clock(version.at));
  async function look() {
    try {
      const now = await ask("/api/map/version", aside);
      const other = now.version === "" || now.version !== version.version || state.textContent !== "";
      if (other) {
        const before = JSON.stringify(found), next = await ask(said.source, aside);
        if (JSON.stringify(next) !== before) {
          found = next; ({ around, communities } = found);
          for (const [id, features] of Object.entries(data())) map.getSource(id).setData(features);
          tellLegend();
          changed.hidden = false;
          changed.replaceChildren(said.changed.replace("{time}", clock(now.at)), " ", reload);
        }
      }
      version = now;
      asOf.textContent = said.asOf.replace("{time}", clock(now.at));
      lines("");
    } catch (x) { lines([401, 403, 404].includes(x.status) ? x.message : said.silent.replace("{time}", clock(version.at))); }
  }
  function follow() {
    let busy = false;
    const soon = async () => { if (document.hidden || busy) return; busy = true; await look(); busy = false; };
    document.addEventListener("visibilitychange", soon);
    addEventListener("online", soon);
    setInterval(soon, version.version === "" ? UNTOLD : CHANGES);
  }
  const card = (href, text, words) => {
    const out = document.createElement("div");
    out.className = "card";
    out.append(href ? Object.assign(document.createElement("a"), { href, textContent: text }) : text, document.createElement("br"), words);
    return out;
  };
  const hazard = id => id && `/#record/hazard/${encodeURIComponent(id)}`;
  const tell = (point, near) => {
    const layers = ["fill", "dots", "numbers", "chosen", "around", "around-edge", "small", "communities", "names"].filter(id => map.getLayer(id));
    const at = map.queryRenderedFeatures([[point.x - near, point.y - near], [point.x + near, point.y + near]], { layers });
    const own = new Map(), others = new Map(), people = new Map();
    for (const { source, properties: p } of at) {
      if (source === "communities") people.set(p.id, p);
      else if (source === "areas" || source === "middles") own.set(p.hazard, p);
      else others.set(`${p.kind} ${p.hazard}`, p);
    }
    const numbers = ["in", ["get", "hazard"], ["literal", [...own.keys()]]];
    for (const id of ["chosen", "chosen-edge"]) if (map.getLayer(id)) map.setFilter(id, numbers);
    panel.replaceChildren(
      ...[...others.values()].slice(0, 8).map(p => p.kind === "unplanned" ? card(hazard(p.hazard), p.name ?? p.hazard, `${p.said} · ${said.here}`)
        : p.kind === "part" ? card(hazard(p.hazard), p.hazard, said.part)
        : card("", p.kind === "unrecorded" ? said.unrecorded : said.together.replace("{n}", around.together), said.here)),
      ...[...own.values()].slice(0, 8).map(p => card(hazard(p.hazard), `${p.order}: ${p.hazard}`, `${p.start} – ${p.finish}`)),
      ...[...people.values()].slice(0, 8).map(p => card(`/#record/settlement/${encodeURIComponent(p.id)}`, p.name, said.community)));
    return own.size + others.size + people.size;
  };
  map.on("click", e => tell(e.point, 5));
  // Without a pointer: what lies in the middle, which a cross marks while the map has the focus.
  map.getCanvas().addEventListener("keydown", e => {
    if (e.key === "Enter" && !tell(map.project(map.getCenter()), 8)) panel.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: said.none }));
  });
}

function corner(g) {
  const out = [], walk = c => { if (typeof c[0] === "number") out.push(c); else for (const part of c) walk(part); };
  walk(g.coordinates);
  return out;
}

// The middle of the first part of it.
function middle(g) {
  if (g.type === "Point") return g.coordinates;
  const first = { MultiPolygon: c => c[0][0], Polygon: c => c[0], MultiLineString: c => c[0] }[g.type] ?? (c => c);
  const ring = first(g.coordinates), n = Math.max(1, g.type.endsWith("Polygon") ? ring.length - 1 : ring.length);
  return [ring.slice(0, n).reduce((a, c) => a + c[0], 0) / n, ring.slice(0, n).reduce((a, c) => a + c[1], 0) / n];
}
