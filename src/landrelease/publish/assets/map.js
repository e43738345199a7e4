"use strict";
// A map on a canvas: hazards, other ground, points and names. No library, no tiles, no network.
// World units are metres at the centre of the data (Mercator, so north is up everywhere on it).

const EARTH_M = 6378137;
const SMALL_PX = 4; // an area smaller than this is drawn as a square of this size: never left out

class Ground {
  // Rings of many areas, decoded from [x0, y0, dx, dy, ...] in steps of a degree.
  constructor(lists, plane) {
    const n = lists.length;
    this.count = n;
    this.rings = new Array(n);
    this.box = new Float64Array(4 * n);
    for (let i = 0; i < n; i++) {
      let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      this.rings[i] = lists[i].map((moves) => {
        const xy = new Float64Array(moves.length);
        let lon = 0, lat = 0;
        for (let j = 0; j < moves.length; j += 2) {
          lon += moves[j];
          lat += moves[j + 1];
          const x = plane.x(lon), y = plane.y(lat);
          xy[j] = x;
          xy[j + 1] = y;
          if (x < x0) x0 = x;
          if (x > x1) x1 = x;
          if (y < y0) y0 = y;
          if (y > y1) y1 = y;
        }
        return xy;
      });
      this.box.set([x0, y0, x1, y1], 4 * i);
    }
  }

  contains(i, x, y) {
    const b = this.box;
    if (x < b[4 * i] || x > b[4 * i + 2] || y < b[4 * i + 1] || y > b[4 * i + 3]) return false;
    let inside = false;
    for (const r of this.rings[i]) {
      for (let j = 0, k = r.length - 2; j < r.length; k = j, j += 2) {
        if ((r[j + 1] > y) !== (r[k + 1] > y) &&
            x < (r[k] - r[j]) * (y - r[j + 1]) / (r[k + 1] - r[j + 1]) + r[j]) inside = !inside;
      }
    }
    return inside;
  }

  // How far a point lies from the outline of area i, inside or outside; Infinity beyond `most`.
  edge(i, x, y, most) {
    const b = this.box;
    if (x < b[4 * i] - most || x > b[4 * i + 2] + most
        || y < b[4 * i + 1] - most || y > b[4 * i + 3] + most) return Infinity;
    let least = Infinity;
    for (const r of this.rings[i]) {
      for (let j = 0, k = r.length - 2; j < r.length; k = j, j += 2) {
        const dx = r[j] - r[k], dy = r[j + 1] - r[k + 1], d2 = dx * dx + dy * dy;
        const t = d2 && Math.min(1, Math.max(0, ((x - r[k]) * dx + (y - r[k + 1]) * dy) / d2));
        least = Math.min(least, Math.hypot(x - r[k] - t * dx, y - r[k + 1] - t * dy));
      }
    }
    return least <= most ? least : Infinity;
  }
}

class Plane {
  constructor(data) {
    const [west, south, east, north] = data.bounds;
    this.lon0 = (west + east) / 2;
    const lat0 = (south + north) / 2;
    this.k = EARTH_M * Math.cos(lat0 * Math.PI / 180);
    this.merc0 = Plane.mercator(lat0);
    this.cos0 = Math.cos(lat0 * Math.PI / 180);
    this.steps = data.steps;
    this.origin = data.origin;
  }
  static mercator(lat) {
    return Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360));
  }
  x(step) {
    return this.lonX((step + this.origin[0]) / this.steps);
  }
  y(step) {
    return this.latY((step + this.origin[1]) / this.steps);
  }
  lonX(lon) {
    return (lon - this.lon0) * Math.PI / 180 * this.k;
  }
  latY(lat) {
    return -(Plane.mercator(lat) - this.merc0) * this.k;
  }
  lat(y) {
    return (Math.atan(Math.exp(this.merc0 - y / this.k)) * 2 - Math.PI / 2) * 180 / Math.PI;
  }
  lon(x) {
    return this.lon0 + x / this.k * 180 / Math.PI;
  }
  // Metres on the ground in one world unit at this y.
  metres(y) {
    return Math.cos(this.lat(y) * Math.PI / 180) / this.cos0;
  }
}

class GroundMap {
  // `painter` draws and answers: paint(map), pick(map, x, y) -> any, chosen(any), tip(any) -> text.
  constructor(canvas, data, painter) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.plane = new Plane(data);
    this.painter = painter;
    const [w, s, e, n] = data.bounds;
    this.home = [this.plane.lonX(w), this.plane.latY(n), this.plane.lonX(e), this.plane.latY(s)];
    this.pending = false;
    this.touched = false;
    this.pointers = new Map();
    this.patterns = new Map();
    this.colours();
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const query of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(query).addEventListener("change", () => {
        this.colours();
        this.redraw();
      });
    }
    this.listen();
    this.resize();
  }

  colours() {
    const css = getComputedStyle(document.documentElement);
    this.colour = (name) => css.getPropertyValue("--" + name).trim();
    this.patterns.clear();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const centre = this.k ? this.toWorld(this.width / 2, this.height / 2) : null;
    this.dpr = Math.min(window.devicePixelRatio || 1, 2);
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.round(box.width * this.dpr);
    this.canvas.height = Math.round(box.height * this.dpr);
    if (!centre || !this.touched) this.fit(this.home, false);
    else this.moveTo(centre[0], centre[1]);
    this.paint();
  }

  // --- where we look: screen = world * k + (tx, ty)
  toWorld(px, py) {
    return [(px - this.tx) / this.k, (py - this.ty) / this.k];
  }
  fit(box, touched = true) {
    const pad = Math.min(40, this.width / 12);
    const w = Math.max(box[2] - box[0], 200), h = Math.max(box[3] - box[1], 200);
    const k = Math.min((this.width - 2 * pad) / w, (this.height - 2 * pad) / h);
    if (!touched) this.least = Math.min(k, 1) * 0.5;
    this.k = this.limit(k);
    this.moveTo((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    this.touched = touched;
    this.redraw();
  }
  moveTo(x, y) {
    this.tx = this.width / 2 - x * this.k;
    this.ty = this.height / 2 - y * this.k;
  }
  limit(k) {
    return Math.min(Math.max(k, this.least || 1e-6), 4);
  }
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toWorld(px, py);
    this.k = this.limit(this.k * factor);
    this.tx = px - x * this.k;
    this.ty = py - y * this.k;
    this.touched = true;
    this.redraw();
  }
  pan(dx, dy) {
    this.tx += dx;
    this.ty += dy;
    this.touched = true;
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  paint() {
    if (!this.width) return;
    const c = this.ctx;
    c.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    c.fillStyle = this.colour("ground");
    c.fillRect(0, 0, this.width, this.height);
    this.view = [...this.toWorld(0, 0), ...this.toWorld(this.width, this.height)];
    c.lineJoin = "round";
    this.painter.paint(this);
    this.furniture();
  }

  // Paths on the screen by group: `group(i)` is a key, or null to leave area i out. With `grow`,
  // what is too small to see is drawn larger: for hazards only, never for released ground.
  paths(ground, group, grow = true) {
    const found = new Map(), b = ground.box, v = this.view, k = this.k, tx = this.tx, ty = this.ty;
    const reach = SMALL_PX / k;
    for (let i = 0; i < ground.count; i++) {
      const x0 = b[4 * i], y0 = b[4 * i + 1], x1 = b[4 * i + 2], y1 = b[4 * i + 3];
      if (!(x1 >= v[0] - reach && x0 <= v[2] + reach && y1 >= v[1] - reach && y0 <= v[3] + reach)) {
        continue;
      }
      const key = group(i);
      // Released ground smaller than a pixel is left out: that errs on the right side.
      if (key === null || (!grow && Math.max(x1 - x0, y1 - y0) * k < 1.5)) continue;
      let path = found.get(key);
      if (!path) found.set(key, path = new Path2D());
      const w = (x1 - x0) * k, h = (y1 - y0) * k;
      if (grow && Math.max(w, h) < SMALL_PX) {
        // The square holds the whole area: drawn larger, never smaller.
        path.rect((x0 + x1) / 2 * k + tx - SMALL_PX / 2, (y0 + y1) / 2 * k + ty - SMALL_PX / 2,
          SMALL_PX, SMALL_PX);
        continue;
      }
      for (const r of ground.rings[i]) {
        path.moveTo(r[0] * k + tx, r[1] * k + ty);
        for (let j = 2; j < r.length; j += 2) path.lineTo(r[j] * k + tx, r[j + 1] * k + ty);
        path.closePath();
      }
    }
    return found;
  }

  // Cancelled, reduced, cleared or released ground. Its outline lies inside, so that what is drawn
  // is never larger than the ground.
  released(ground) {
    const c = this.ctx;
    for (const path of this.paths(ground, () => 0, false).values()) {
      if (this.k < 1 / 100) { // hatch and outline would be finer than a pixel
        c.fillStyle = this.colour("cleared-line");
        c.fill(path);
        continue;
      }
      c.save();
      c.fillStyle = this.colour("cleared");
      c.fill(path);
      c.clip(path);
      c.fillStyle = this.hatch("level", this.colour("cleared-line"));
      c.fill(path);
      c.strokeStyle = this.colour("cleared-line");
      c.lineWidth = 2;
      c.stroke(path);
      c.restore();
    }
  }

  // Hatches: never colour alone.
  hatch(kind, colour) {
    const key = kind + colour;
    let pattern = this.patterns.get(key);
    if (pattern) return pattern;
    const size = kind === "dots" ? 6 : 8, tile = document.createElement("canvas");
    tile.width = tile.height = size * 2;
    const t = tile.getContext("2d");
    t.scale(2, 2);
    t.strokeStyle = t.fillStyle = colour;
    t.lineWidth = 1;
    const line = (x0, y0, x1, y1) => {
      t.beginPath();
      t.moveTo(x0, y0);
      t.lineTo(x1, y1);
      t.stroke();
    };
    if (kind === "dots") {
      for (const [x, y] of [[1.5, 1.5], [4.5, 4.5]]) {
        t.beginPath();
        t.arc(x, y, 0.8, 0, 7);
        t.fill();
      }
    }
    if (kind === "diagonal" || kind === "cross") {
      for (const s of [-size, 0, size]) line(s - 1, size + 1, s + size + 1, -1);
    }
    if (kind === "cross") for (const s of [-size, 0, size]) line(s - 1, -1, s + size + 1, size + 1);
    if (kind === "level") line(0, size / 2, size, size / 2);
    pattern = this.ctx.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
    this.patterns.set(key, pattern);
    return pattern;
  }

  // --- names
  startNames() {
    // Room for the buttons, the scale bar and the arrow.
    this.taken = [[this.width - 64, 0, this.width, 150], [0, this.height - 50, 200, this.height]];
    this.ctx.textAlign = "center";
    this.ctx.textBaseline = "middle";
  }
  // True where the name found room. `dot`: a circle marks the place, the name stands above it.
  name(text, x, y, font, colour, dot) {
    const c = this.ctx, px = x * this.k + this.tx, py = y * this.k + this.ty - (dot ? 9 : 0);
    if (px < -60 || py < -20 || px > this.width + 60 || py > this.height + 20) return false;
    c.font = font;
    const w = c.measureText(text).width / 2 + 3;
    const box = [px - w, py - 8, px + w, py + (dot ? 13 : 8)];
    for (const t of this.taken) {
      if (box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]) return false;
    }
    this.taken.push(box);
    c.lineWidth = 3;
    c.strokeStyle = this.colour("halo");
    c.fillStyle = colour;
    c.strokeText(text, px, py);
    c.fillText(text, px, py);
    if (dot) {
      c.save();
      c.lineWidth = 1.4;
      c.strokeStyle = colour;
      c.setLineDash(dot === "about" ? [2, 2] : []);
      c.beginPath();
      c.arc(px, py + 10, 2.6, 0, 7);
      c.stroke();
      c.restore();
    }
    return true;
  }

  // Names of settlements, the largest first (the data is in that order), as many as the scale bears.
  places(settlements) {
    if (!settlements) return;
    const s = settlements, k = this.k, size = k > 1 / 40 ? 12 : 11;
    const most = k > 1 / 25 ? 90 : k > 1 / 60 ? 36 : k > 1 / 150 ? 14 : k > 1 / 400 ? 6 : 0;
    let shown = 0;
    for (let i = 0; i < s.name.length && shown < most; i++) {
      const x = this.plane.x(s.xy[2 * i]), y = this.plane.y(s.xy[2 * i + 1]);
      // One that lies out of sight takes no turn.
      if (x < this.view[0] || x > this.view[2] || y < this.view[1] || y > this.view[3]) continue;
      const about = s.error[i] >= 100;
      if (this.name(s.name[i], x, y, `${about ? "italic " : ""}${size}px ${this.colour("sans")}`,
        this.colour("name"), about ? "about" : "known")) shown++;
    }
  }
  municipalities(m, ground, names) {
    const c = this.ctx;
    // No dashes: neighbours share a border, and two rows of dashes would look like a third line.
    c.lineWidth = 0.8;
    c.strokeStyle = this.colour("border");
    for (const path of this.paths(ground, () => 0).values()) c.stroke(path);
    if (!names) return;
    for (let i = 0; i < m.name.length; i++) {
      const b = ground.box, wide = (b[4 * i + 2] - b[4 * i]) * this.k;
      if (wide < m.name[i].length * 6.2) continue;
      this.name(m.name[i].toUpperCase(), this.plane.x(m.at[i][0]), this.plane.y(m.at[i][1]),
        `600 11px ${this.colour("sans")}`, this.colour("municipality"), null);
    }
  }

  // --- scale bar, north, cross
  furniture() {
    const c = this.ctx, ink = this.colour("name");
    const metres = this.plane.metres(this.toWorld(0, this.height / 2)[1]) / this.k;
    const want = metres * 110, power = 10 ** Math.floor(Math.log10(want));
    const length = [5, 2, 1].map((s) => s * power).find((s) => s <= want) || power;
    const w = length / metres, x = 14, y = this.height - 16;
    c.font = `600 11px ${this.colour("sans")}`;
    c.textAlign = "left";
    c.textBaseline = "alphabetic";
    const text = length >= 1000 ? `${length / 1000} ${unit("km")}` : `${length} ${unit("m")}`;
    for (const [colour, width] of [[this.colour("halo"), 5], [ink, 2]]) {
      c.strokeStyle = colour;
      c.lineWidth = width;
      c.beginPath();
      c.moveTo(x, y - 5);
      c.lineTo(x, y);
      c.lineTo(x + w, y);
      c.lineTo(x + w, y - 5);
      c.stroke();
    }
    c.strokeStyle = this.colour("halo");
    c.lineWidth = 3;
    c.fillStyle = ink;
    c.strokeText(text, x + 4, y - 6);
    c.fillText(text, x + 4, y - 6);
    const nx = x + w + 24;
    c.beginPath();
    c.moveTo(nx, y - 20);
    c.lineTo(nx + 6, y + 1);
    c.lineTo(nx, y - 4);
    c.lineTo(nx - 6, y + 1);
    c.closePath();
    c.stroke();
    c.fill();
    c.textAlign = "center";
    c.strokeText("N", nx, y - 23);
    c.fillText("N", nx, y - 23);
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible")) {
      const mx = this.width / 2, my = this.height / 2;
      for (const [colour, width] of [[this.colour("halo"), 4], [ink, 1.5]]) {
        c.strokeStyle = colour;
        c.lineWidth = width;
        c.beginPath();
        c.moveTo(mx - 10, my);
        c.lineTo(mx + 10, my);
        c.moveTo(mx, my - 10);
        c.lineTo(mx, my + 10);
        c.stroke();
      }
    }
  }

  // --- hand, finger, keys
  listen() {
    const e = this.canvas, at = (ev) => {
      const box = e.getBoundingClientRect();
      return [ev.clientX - box.left, ev.clientY - box.top];
    };
    let moved = 0, span = 0, hover = null;
    e.addEventListener("pointerdown", (ev) => {
      if (ev.pointerType === "mouse" && ev.button !== 0) return;
      e.setPointerCapture(ev.pointerId);
      this.pointers.set(ev.pointerId, at(ev));
      if (this.pointers.size === 1) moved = 0;
      span = 0;
      this.painter.hover(null);
    });
    e.addEventListener("pointermove", (ev) => {
      const before = this.pointers.get(ev.pointerId), now = at(ev);
      if (!before) {
        if (ev.pointerType !== "mouse") return;
        const first = hover === null;
        hover = now;
        if (first) {
          requestAnimationFrame(() => {
            if (hover) this.painter.hover(this.painter.pick(this, ...hover), hover);
            hover = null;
          });
        }
        return;
      }
      this.pointers.set(ev.pointerId, now);
      if (this.pointers.size === 1) {
        const dx = now[0] - before[0], dy = now[1] - before[1];
        moved += Math.abs(dx) + Math.abs(dy);
        if (moved > 5) this.pan(dx, dy);
      } else if (this.pointers.size === 2) {
        moved = 99;
        const [p, q] = [...this.pointers.values()];
        const far = Math.hypot(p[0] - q[0], p[1] - q[1]);
        if (span) this.zoom(far / span, (p[0] + q[0]) / 2, (p[1] + q[1]) / 2);
        span = far;
      }
    });
    const up = (ev) => {
      if (!this.pointers.delete(ev.pointerId)) return;
      span = 0;
      if (ev.type === "pointerup" && moved <= 5) {
        const [x, y] = at(ev);
        this.painter.chosen(this.painter.pick(this, x, y), [x, y]);
      }
    };
    e.addEventListener("pointerup", up);
    e.addEventListener("pointercancel", up);
    e.addEventListener("pointerleave", () => {
      hover = null;
      this.painter.hover(null);
    });
    e.addEventListener("dblclick", (ev) => this.zoom(2, ...at(ev)));
    e.addEventListener("wheel", (ev) => {
      // The wheel scrolls the page until the map has been clicked, so that nobody is caught in it.
      if (document.activeElement !== e && !ev.ctrlKey) return;
      ev.preventDefault();
      this.zoom(Math.exp(-ev.deltaY * (ev.deltaMode ? 0.05 : 0.0016)), ...at(ev));
    }, { passive: false });
    e.addEventListener("keydown", (ev) => {
      const step = ev.shiftKey ? 200 : 60;
      const act = {
        ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
        ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
        "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5),
        "0": () => this.fit(this.home),
        Enter: () => {
          const p = [this.width / 2, this.height / 2];
          this.painter.chosen(this.painter.pick(this, ...p), p);
        },
      }[ev.key];
      if (!act || ev.ctrlKey || ev.metaKey || ev.altKey) return;
      ev.preventDefault();
      act();
    });
    e.addEventListener("focus", () => this.redraw());
    e.addEventListener("blur", () => this.redraw());
  }
}

function element(tag, attributes, ...children) {
  // Text only ever becomes a text node: what the data holds cannot become markup.
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) e.setAttribute(name, value);
  }
  for (const child of children) e.append(child);
  return e;
}

function say(words, key, facts) {
  return words[key].replace(/\{(\w+)\}/g, (all, name) => !facts || !(name in facts) ? all
    : document.documentElement.dir === "rtl" ? `\u2068${facts[name]}\u2069` : facts[name]);
}

// Numbers and days as the language of the page writes them, with European digits in all.
const LOCALE = { en: "en-GB" }[document.documentElement.lang] || document.documentElement.lang;
const UNITS = {}; // symbol -> what the language writes for it; a page fills it
const unit = (symbol) => UNITS[symbol] || symbol;

function number(value, digits = 0, most = digits) {
  return value.toLocaleString(`${LOCALE}-u-nu-latn`, { useGrouping: "always",
    minimumFractionDigits: digits, maximumFractionDigits: most });
}

function dayWords(time, short) {
  return new Intl.DateTimeFormat(`${LOCALE}-u-nu-latn-ca-gregory`, { timeZone: "UTC",
    year: "numeric", month: "short", ...(short ? {} : { day: "numeric" }) }).format(time);
}

function areaWords(m2) {
  if (m2 < 10000) return `${number(m2)} ${unit("m²")}`;
  if (m2 < 1e8) return `${number(m2 / 1e4, m2 < 1e7 ? 1 : 0)} ${unit("ha")}`;
  return `${number(m2 / 1e6)} ${unit("km²")}`;
}

function mapButtons(map) {
  for (const b of document.querySelectorAll("[data-map]")) {
    b.addEventListener("click", () => {
      if (b.dataset.map === "in") map.zoom(1.6);
      if (b.dataset.map === "out") map.zoom(1 / 1.6);
      if (b.dataset.map === "all") map.fit(map.home);
    });
  }
}

function goTo(map, select, m, ground) {
  if (!select || !m) return;
  const order = m.name.map((_, i) => i).sort((a, b) => m.name[a].localeCompare(m.name[b]));
  for (const i of order) select.append(element("option", { value: i }, m.name[i]));
  select.addEventListener("change", () => {
    if (select.value === "") map.fit(map.home);
    else map.fit([...ground.box.slice(4 * select.value, 4 * select.value + 4)]);
  });
}
