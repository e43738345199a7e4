// Whether what an open map shows is whole, and of now. It follows the registry; a piece of a layer that does
// not come is asked for again, is hatched where it would have said what is hazardous, and is told of in
// words over the map: ground without a hazard on the map is never just ground that was not loaded (S01).
import { pixels } from "./layers.js";

const CHECK = 500; // ms between looks at what has come
const SLOW = 10_000; // ms after which what has not come counts as missing
const FIRST = 2_000, LAST = 30_000; // between tries
const CHANGES = 20_000, UNTOLD = 60_000; // between questions for changes; for who is not told of them
const DANGER = new Set(["hazard", "hazard_cells", "unrecorded_hazards"]);

function hatch(dark) {
  const size = 16, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.strokeStyle = dark ? "#ff9d9d" : "#8a0010"; c.lineWidth = 3; c.beginPath();
  for (let k = -size; k <= 2 * size; k += size) { c.moveTo(k, size); c.lineTo(k + size, 0); }
  c.stroke();
  return pixels(canvas);
}

// The ground of a tile, in degrees.
function ground({ z, x, y }) {
  const n = 2 ** z, lon = k => k / n * 360 - 180, lat = k => Math.atan(Math.sinh(Math.PI * (1 - 2 * k / n))) * 180 / Math.PI;
  const [w, e, s, t] = [lon(x), lon(x + 1), lat(y + 1), lat(y)];
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[[w, s], [e, s], [e, t], [w, t], [w, s]]] } };
}

export function followed(map, ids, { ask, make, word, canvas, state, asOf, computed, more, dark, named }) {
  // Tiles that failed; since when others are waited for; those under way when something changed.
  const bad = new WeakSet(), waited = new WeakMap(), late = new WeakSet();
  let said = "", drawn = "", tries = 0, tryAt = 0, ready = false, ended = "", silent = false;
  let version = null, at = new Date(), asked = 0, asking = false;
  const told = (key, facts) => Object.entries(facts).reduce((text, [k, v]) => text.replace(`{${k}}`, v), word(key));
  const clock = moment => moment.toLocaleTimeString(`${document.documentElement.lang.replace(/^en$/, "en-GB")}-u-nu-latn`, { hour: "2-digit", minute: "2-digit" });

  function add() {
    map.addImage("missing", hatch(dark));
    map.addSource("missing", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "missing-fill", type: "fill", source: "missing", layout: { visibility: "none" }, paint: { "fill-pattern": "missing" } });
    ready = true;
  }

  // What is in sight of a layer, as the library holds it; nothing where the layer is not shown.
  const held = id => map.style?.tileManagers?.[id];
  const inSight = manager => (manager?._inViewTiles.getAllIds() ?? []).map(key => [key, manager._inViewTiles.getTileById(key)]);

  // Asks for all of a layer anew; until it comes, what is there stays on the screen.
  function renew(id) {
    const manager = held(id);
    manager?._outOfViewCache.reset();
    for (const [key, tile] of inSight(manager)) {
      if (tile.state === "loaded" || tile.state === "errored") manager._reloadTile(key, "expired"); else late.add(tile);
    }
  }

  // Asks for some of it once more. The library waits for ever for a tile that failed and was to be loaded anew.
  function retry(id, tiles) {
    for (const tile of tiles) if (tile.state === "loading") tile.state = "errored";
    map.refreshTiles(id, tiles.map(({ tileID: { canonical: { z, x, y } } }) => ({ z, x, y })));
  }

  // The tiles in sight of a layer that did not come. One that is tried again stays missing until it is there.
  function lacking(id) {
    const now = performance.now(), manager = held(id);
    return inSight(manager).filter(([key, tile]) => {
      if (tile.state === "loaded") {
        bad.delete(tile); waited.delete(tile);
        if (late.delete(tile)) manager._reloadTile(key, "expired");
        return false;
      }
      if (tile.state === "errored") bad.add(tile);
      if (!waited.has(tile)) waited.set(tile, now);
      return bad.has(tile) || now - waited.get(tile) > SLOW;
    }).map(([, tile]) => tile);
  }

  function look() {
    if (!ready) return;
    const missing = new Map(ids.map(id => [id, lacking(id)]).filter(([, tiles]) => tiles.length));
    const danger = [...missing].filter(([id]) => DANGER.has(id)).flatMap(([, tiles]) => tiles.map(t => t.tileID.canonical));
    const key = danger.map(c => c.key).sort().join();
    if (key !== drawn) { drawn = key; map.getSource("missing").setData({ type: "FeatureCollection", features: danger.map(ground) }); map.setLayoutProperty("missing-fill", "visibility", danger.length ? "visible" : "none"); }
    const layers = [...[...missing.keys()].filter(id => !DANGER.has(id)).map(named), ...[...computed.failing].map(name => word(`layer.${name}`))];
    say([ended, danger.length && word("map.hazards_missing"), layers.length && told("map.layers_missing", { layers: layers.join(", ") }),
      silent && told("map.silent", { time: clock(at) })].filter(Boolean));
    canvas.dataset.whole = missing.size || computed.failing.size || ended || silent ? "no" : "yes";
    const now = performance.now();
    if (!missing.size && !computed.failing.size) { tries = 0; tryAt = 0; }
    else if (!tryAt) tryAt = now + FIRST;
    else if (now >= tryAt) {
      tryAt = now + Math.min(LAST, FIRST * 1.6 ** ++tries);
      for (const [id, tiles] of missing) retry(id, tiles.filter(t => bad.has(t)));
      if (computed.failing.size) computed.again();
    }
    if (now - asked > (version === "" ? UNTOLD : CHANGES) && !document.hidden) changes();
  }

  // A reader is told once, not with each look.
  function say(lines) {
    if (lines.join("\n") === said) return;
    said = lines.join("\n");
    state.replaceChildren(...lines.map(line => make("p", {}, line)));
  }

  async function changes() {
    if (asking) return;
    asking = true; asked = performance.now();
    try {
      const now = await ask("/api/map/version");
      // What came before the first answer may be older than it where that one was long in coming.
      const other = ended || silent || version !== null && (now.version === "" || now.version !== version);
      if (other) { ids.forEach(renew); computed.again(); more(); }
      version = now.version; at = new Date(now.at); ended = ""; silent = false;
      asOf.textContent = told("map.as_of", { time: clock(at) });
    } catch (x) {
      if (x.status === 401) ended = x.message; else silent = true;
    } finally { asking = false; }
  }

  // A tile that did not come is told of above; without a listener the library would write it to the console.
  map.on("error", e => { if (!e.tile) console.error(e.error); });
  const soon = () => { if (!document.hidden) changes().then(look); };
  document.addEventListener("visibilitychange", soon);
  addEventListener("online", soon);
  changes();
  const timer = setInterval(look, CHECK);
  return { add, end: () => { clearInterval(timer); document.removeEventListener("visibilitychange", soon); removeEventListener("online", soon); } };
}
