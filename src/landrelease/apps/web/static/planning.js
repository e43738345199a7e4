// Pages of plans, forecasts, claims and jobs: start a job, watch it, cancel it; the map of a plan.
const token = document.querySelector("meta[name=csrf]").content;

async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options, headers: {
    "x-csrf-token": token, ...(options.body ? { "content-type": "application/json" } : {}) } });
  const body = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(body.description ?? String(answer.status));
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
      list.append(...told.reasons.map(r => Object.assign(document.createElement("li"), { textContent: r })));
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
  const c = canvas.getContext("2d");
  c.fillStyle = dark ? "#10181e" : "#ffffff"; c.strokeStyle = dark ? "#e8eef1" : "#16222c"; c.lineWidth = 2;
  c.beginPath(); c.roundRect(1, 1, wide - 2, high - 2, 8); c.fill(); c.stroke();
  c.fillStyle = dark ? "#e8eef1" : "#16222c"; c.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  c.textAlign = "center"; c.textBaseline = "middle"; c.fillText(text, wide / 2, high / 2 + 1);
  return c.getImageData(0, 0, wide, high);
}

async function planMap(canvas) {
  const found = await ask(canvas.dataset.source);
  const legend = document.getElementById("plan-legend");
  const line = (sign, text) => { const p = document.createElement("p"); p.append(sign, text); return p; };
  const classes = [0, 1, 2, 3, 4].map(k => found.features.filter(f => f.properties.class === k)).filter(c => c.length);
  const list = document.createElement("div"), panel = document.createElement("div");
  for (const c of classes) {
    const sign = document.createElement("span");
    sign.className = `class class${c[0].properties.class}`;
    list.append(line(sign, canvas.dataset.class.replace("{first}", c[0].properties.order)
      .replace("{last}", c.at(-1).properties.order).replace("{day}", c[0].properties.start)));
  }
  if (found.left_out) list.append(line("", canvas.dataset.cut.replace("{n}", found.left_out)));
  legend.append(list, panel);
  const maplibre = await import("./vendor/maplibre-gl.mjs");
  maplibre.setWorkerUrl("/static/vendor/maplibre-gl-worker.mjs");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  let map;
  try {
    map = new maplibre.Map({ container: canvas, attributionControl: false, maxZoom: 20, center: [0, 0], zoom: 1,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1d2830" : "#eef1ec" } }] } });
  } catch { canvas.append(Object.assign(document.createElement("p"), { textContent: canvas.dataset.no })); return; }
  map.addControl(new maplibre.NavigationControl({ visualizePitch: false }));
  map.addControl(new maplibre.ScaleControl({ unit: "metric" }));
  map.on("styleimagemissing", e => {
    if (e.id.startsWith("n-") && !map.hasImage(e.id)) map.addImage(e.id, numberSign(e.id.slice(2), dark), { pixelRatio: 2 });
  });
  const middles = { type: "FeatureCollection", features: found.features.map(f => ({ ...f, geometry: { type: "Point", coordinates: middle(f.geometry) } })) };
  map.on("load", () => {
    for (const f of found.features.slice(0, 500)) {
      const id = `n-${f.properties.order}`;
      if (!map.hasImage(id)) map.addImage(id, numberSign(String(f.properties.order), dark), { pixelRatio: 2 });
    }
    const colour = ["match", ["get", "class"], 0, "#0b3954", 1, "#2f6f8f", 2, "#5fa3a3", 3, "#a9cf9a", "#f2eda1"];
    map.addSource("areas", { type: "geojson", data: found });
    map.addSource("middles", { type: "geojson", data: middles });
    map.addLayer({ id: "fill", type: "fill", source: "areas", paint: { "fill-color": colour, "fill-opacity": .75 } });
    map.addLayer({ id: "edge", type: "line", source: "areas", paint: { "line-color": dark ? "#e8eef1" : "#16222c", "line-width": 1 } });
    map.addLayer({ id: "dots", type: "circle", source: "middles", maxzoom: 13, paint: { "circle-color": colour, "circle-radius": 4,
      "circle-stroke-color": dark ? "#e8eef1" : "#16222c", "circle-stroke-width": 1 } });
    map.addLayer({ id: "numbers", type: "symbol", source: "middles", layout: {
      "icon-image": ["concat", "n-", ["to-string", ["get", "order"]]], "symbol-sort-key": ["get", "order"], "icon-offset": [0, -12] } });
    const corners = found.features.flatMap(f => corner(f.geometry));
    if (corners.length) {
      const low = k => corners.reduce((a, c) => Math.min(a, c[k]), Infinity), high = k => corners.reduce((a, c) => Math.max(a, c[k]), -Infinity);
      map.fitBounds([[low(0), low(1)], [high(0), high(1)]], { padding: 40, animate: false, maxZoom: 16 });
    }
    map.once("idle", () => { canvas.dataset.ready = "yes"; });
  });
  map.on("click", e => {
    const at = map.queryRenderedFeatures([[e.point.x - 5, e.point.y - 5], [e.point.x + 5, e.point.y + 5]], { layers: ["fill", "dots", "numbers"] });
    const seen = new Map(at.map(f => [f.properties.hazard, f.properties]));
    panel.replaceChildren(...[...seen.values()].slice(0, 8).map(p => {
      const card = document.createElement("div"), a = document.createElement("a");
      card.className = "card";
      a.href = `/#record/hazard/${encodeURIComponent(p.hazard)}`; a.textContent = `${p.order}: ${p.hazard}`;
      card.append(a, document.createElement("br"), `${p.start} – ${p.finish}`);
      return card;
    }));
  });
}

const corner = g => (g.type === "MultiPolygon" ? g.coordinates.flat() : g.coordinates).flatMap(ring => ring);

function middle(g) {
  const ring = (g.type === "MultiPolygon" ? g.coordinates[0] : g.coordinates)[0];
  const n = Math.max(1, ring.length - 1);
  return [ring.slice(0, n).reduce((a, c) => a + c[0], 0) / n, ring.slice(0, n).reduce((a, c) => a + c[1], 0) / n];
}
